import { resolve } from "node:path";
import { type CacheEntry, withGithubActions } from "@opendepot/buildflags";
import type { TypeAndAttrs } from "@opendepot/buildkit";
import { type Environment, variable } from "../cli-context.ts";

/** What caches are resolved with. */
export interface CacheSurroundings {
  readonly environment: Environment;
  readonly cwd: string;
  readonly warn: (text: string) => void;
}

/**
 * The external caches of a target. `type=gha` is left out with a warning, as the builder's own cache does better; AWS
 * credentials of the environment go along to `s3`: buildx build/opt.go `CreateCaches`.
 */
export function resolveCaches(
  flag: "cache-from" | "cache-to",
  entries: readonly CacheEntry[],
  around: CacheSurroundings,
): TypeAndAttrs[] {
  return entries.flatMap((entry) => {
    const { type, attributes } = withGithubActions(entry, around.environment);
    if (type === "gha") {
      around.warn(
        `ignoring ${flag} with type=gha: the GitHub Actions cache is redundant with the builder's own cache; remove the flag`,
      );
      return [];
    }
    return [{ type, attrs: toAttrs(type, Object.fromEntries(attributes), around) }];
  });
}

type Attrs = Record<string, string>;

function toAttrs(type: string, attrs: Attrs, { environment, cwd }: CacheSurroundings): Attrs {
  if (type === "local") return withAbsolutePaths(attrs, cwd);
  return type === "s3" ? { ...awsCredentials(attrs, environment), ...attrs } : attrs;
}

function withAbsolutePaths({ src, dest, ...rest }: Attrs, cwd: string): Attrs {
  return { ...rest, ...(src && { src: resolve(cwd, src) }), ...(dest && { dest: resolve(cwd, dest) }) };
}

const AWS: Readonly<Record<string, string>> = {
  access_key_id: "AWS_ACCESS_KEY_ID",
  secret_access_key: "AWS_SECRET_ACCESS_KEY",
  session_token: "AWS_SESSION_TOKEN",
};

function awsCredentials(attrs: Attrs, environment: Environment): Attrs {
  if (attrs["access_key_id"] || attrs["secret_access_key"]) return {};
  const found = Object.entries(AWS).map(([key, name]) => [key, variable(environment, name)]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}
