import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { MediaType, parseDigest, parseNormalizedReference } from "@opendepot/oci";
import { openRegistry } from "@opendepot/registry-client";

/** A login at a test's registry. */
export interface TestLogin {
  readonly username: string;
  readonly password: string;
}

/** Pushes an image whose one layer is a folder, and returns its digest. */
export async function pushImage(name: string, folder: string, login?: TestLogin): Promise<string> {
  const tar = ["-C", folder, "--sort=name", "--owner=0", "--group=0", "-cf", "-", "."];
  const { stdout } = await promisify(execFile)("tar", tar, { encoding: "buffer", maxBuffer: 2 ** 30 });
  const rootfs = { type: "layers", diff_ids: [digestOf(stdout)] };
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const config = Buffer.from(JSON.stringify({ architecture, os: "linux", config: {}, rootfs }));
  const reference = parseNormalizedReference(name);
  const credentials = {
    lookup: async () => login && { ...login, identityToken: "", registryToken: "" },
  };
  await using repository = await openRegistry({ reference, access: "push", credentials });
  for (const bytes of [config, stdout]) {
    const digest = parseDigest(digestOf(bytes));
    await repository.putBlob({ digest, size: bytes.length, open: () => one(bytes) });
  }
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: MediaType.ociLayer, digest: digestOf(stdout), size: stdout.length }],
    }),
  );
  const pushed = await repository.putManifest(reference.tag ?? "latest", MediaType.ociManifest, manifest);
  return pushed.digest;
}

async function* one(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
