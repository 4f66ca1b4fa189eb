import { isProblem } from "@opendepot/base";
import { goQuote, normalizeSecrets, readSecret, readSecrets, type SecretSource } from "@opendepot/buildflags";
import type { Target } from "../model/target.ts";
import { bakeProblem } from "../problems.ts";
import type { Override } from "./read-overrides.ts";

/**
 * Applies `secrets=` (all of them) and then `secret.ID=` (the source of one that the target declares).
 *
 * @param reads takes the files that the command line names
 * @throws {Problem} `bake_flag_invalid`, `build_flag_invalid`
 */
export function overrideSecrets(target: Target, overrides: ReadonlyMap<string, Override>, reads: string[]): Target {
  const named = new Set<string>();
  let secrets = target.secret;
  const all = overrides.get("secrets");
  if (all !== undefined) {
    const added = readAll(all.values);
    for (const { id } of added) named.add(id);
    secrets = all.isAppended ? normalizeSecrets([...(secrets ?? []), ...added]) : added;
  }
  for (const [key, { value }] of overrides) {
    if (!key.startsWith("secret.")) continue;
    const id = key.slice("secret.".length);
    secrets = replaceSource(secrets ?? [], id, value);
    named.add(id);
  }
  reads.push(...(secrets ?? []).flatMap(({ id, src }) => (named.has(id) && src !== "" ? [src] : [])));
  return { ...target, secret: secrets };
}

function readAll(values: readonly string[]): SecretSource[] {
  try {
    return readSecrets(values);
  } catch (cause) {
    // buildx speaks of outputs here, too.
    if (!isProblem(cause)) throw cause;
    throw bakeProblem("bake_flag_invalid", `invalid value for outputs: ${cause.message}`, { cause });
  }
}

function replaceSource(secrets: readonly SecretSource[], id: string, value: string): SecretSource[] {
  if (id === "") throw bakeProblem("bake_flag_invalid", "invalid format for secret, expecting secret.<id>=<value>");
  const at = secrets.findIndex((secret) => secret.id === id);
  if (at < 0)
    throw bakeProblem("bake_flag_invalid", `secret ${goQuote(id)} must be declared before it can be overridden`);
  const next = readSecret(value);
  if (next.id !== "" && next.id !== id) {
    const message = `secret override id ${goQuote(next.id)} does not match declared secret ${goQuote(id)}`;
    throw bakeProblem("bake_flag_invalid", message);
  }
  return secrets.with(at, { id, src: next.src, env: next.env });
}
