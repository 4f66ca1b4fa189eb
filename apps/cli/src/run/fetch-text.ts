import { buildWithGateway, defineSource } from "@opendepot/buildkit";
import type { BuilderArchitecture } from "./parts.ts";
import type { RunningBuild } from "./run-build.ts";

/** Where a text is fetched from. */
export interface TextFetch {
  readonly build: RunningBuild;
  readonly architecture: BuilderArchitecture;
}

/** What the file is called within the fetched result. */
const FILE_NAME = "Dockerfile";
/** More than any Dockerfile has. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/**
 * Gets a text from a URL by the builder, which may reach what this machine does not: buildx build/url.go.
 *
 * @throws {SolveError} when the builder cannot fetch it; {@link Problem} `result_file_too_large`
 */
export async function fetchText(url: string, { build, architecture }: TextFetch): Promise<Uint8Array> {
  const client = await build.builders.get(architecture);
  let text: Uint8Array = new Uint8Array();
  await buildWithGateway(
    client,
    { isInternal: true },
    async (gateway) => {
      const { ref } = await gateway.solve({
        definition: defineSource(url, { "http.filename": FILE_NAME }),
        evaluate: true,
      });
      if (ref) text = await gateway.readFile(ref, FILE_NAME, { maxBytes: MAX_TEXT_BYTES });
      return undefined;
    },
    { signal: build.signal, onStatus: (status) => build.display.update(status) },
  );
  return text;
}
