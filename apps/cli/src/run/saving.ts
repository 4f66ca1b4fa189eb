import type { CreateBuildResponseJson } from "@opendepot/api";
import type { RegistryAuth } from "@opendepot/buildkit";
import { saveUnavailable } from "../problems.ts";
import { imageOutput } from "../target/outputs.ts";
import { namesOfTarget, withSavedNames } from "../target/saved-outputs.ts";
import type { Target } from "../target/target.ts";
import type { Lease } from "./lease.ts";
import type { TargetServices } from "./services.ts";

/** Where the images of a build are saved, and how to get in there. */
export interface Saving {
  /** Whole references: that with the build's id first, then one for each tag that was asked for. */
  readonly names: readonly string[];
  readonly credentials: ReadonlyArray<{ readonly host: string; readonly auth: RegistryAuth }>;
  /** Where the server is, whose registry speaks what the server does. */
  readonly serverUrl: URL;
}

/** What the server said of saving when it created a build; undefined where it said nothing. */
export function readSaving(
  { additionalTags = [], additionalCredentials = [] }: CreateBuildResponseJson,
  serverUrl: URL,
): Saving | undefined {
  const names = [...new Set(additionalTags.flatMap(({ tag }) => tag || []))]; // one for each target, as it comes
  if (names.length === 0) return undefined;
  return {
    names,
    credentials: additionalCredentials.map(({ host = "", token = "" }) => ({ host, auth: toAuth(token) })),
    serverUrl,
  };
}

/** As docker's `config.json` has them: base64 of `user:password`. */
function toAuth(encoded: string): RegistryAuth {
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  const [username, password] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  return { username, password, identityToken: "", registryToken: "" };
}

/** What the registry of an image speaks, if it is the server's own: the same as the server. */
export function schemeOf({ domain }: { readonly domain: string }, serverUrl: URL): "http" | "https" | undefined {
  if (domain !== registryHostOf(serverUrl)) return undefined;
  return serverUrl.protocol === "https:" ? "https" : "http";
}

/**
 * The host that names of images in the server's registry begin with. A name without a dot has a port there, so that
 * nobody takes it for a name on Docker Hub.
 */
export function registryHostOf({ host, port, hostname, protocol }: URL): string {
  if (port !== "" || hostname.includes(".") || hostname === "localhost") return host;
  return `${host}:${protocol === "https:" ? 443 : 80}`;
}

/** Whether a target of a bake is one whose image the build saves. */
export function isSavedBy({ saving }: Lease, { name, outputs }: Target): boolean {
  const pushed = imageOutput(outputs)?.attributes["name"]?.split(",") ?? [];
  return saving !== undefined && namesOfTarget(saving.names, name).every((own) => pushed.includes(own));
}

/** A target on its way to a build, with what its solves are served. */
export interface SavedTarget {
  readonly target: Target;
  readonly services: TargetServices;
  readonly lease: Lease;
  /** Whether it is one of several: then its name is added to each tag. */
  readonly isNamed: boolean;
}

/**
 * The target with its image saved where the server wants it, and with the credentials for that place alone.
 *
 * @throws {Problem} `save_unavailable`
 */
export function withSaving({ target, services, lease, isNamed }: SavedTarget): Target {
  const { saving } = lease;
  if (saving === undefined) throw saveUnavailable();
  for (const { host, auth } of saving.credentials) services.credentials.give(host, auth);
  const names = isNamed ? namesOfTarget(saving.names, target.name) : saving.names;
  return { ...target, outputs: withSavedNames(target.outputs, names) };
}
