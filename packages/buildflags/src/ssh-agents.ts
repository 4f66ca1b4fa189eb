import type { OrderedJson } from "./attributes.ts";
import { writeCsvFields } from "./csv-fields.ts";
import { compareBytes, cut } from "./go-text.ts";
import { keepLastOfKey } from "./remove-repeats.ts";

/** An SSH agent that steps may use: buildx v0.36 util/buildflags `SSH`. */
export interface SshAgent {
  readonly id: string;
  /** A socket or keys; none for the agent that runs. */
  readonly paths: readonly string[];
}

/** Reads `id` or `id=path,path`. Anything can be read. */
export function readSshAgent(text: string): SshAgent {
  const [id, paths] = cut(text, "=");
  return { id, paths: paths === undefined ? [] : paths.split(",") };
}

/** Reads several agents; empty texts are skipped. */
export function readSshAgents(texts: readonly string[]): SshAgent[] {
  return texts.filter((text) => text !== "").map(readSshAgent);
}

/** Of each id the last one stays, at the place of the first. */
export function normalizeSshAgents(agents: readonly SshAgent[]): SshAgent[] {
  return keepLastOfKey(agents, ({ id }) => id);
}

/** The order in which agents of a compose file are listed. */
export function compareSshAgents(a: SshAgent, b: SshAgent): number {
  if (a.id !== b.id) return compareBytes(a.id, b.id);
  const at = a.paths.findIndex((path, index) => path !== b.paths[index]);
  if (at < 0) return a.paths.length - b.paths.length;
  const other = b.paths[at];
  return other === undefined ? 1 : compareBytes(a.paths[at] ?? "", other);
}

/** As one text that {@link readSshAgent} reads back where no path holds a comma or a quote. */
export function formatSshAgent({ id, paths }: SshAgent): string {
  return paths.length === 0 ? id : writeCsvFields([[id, paths.join(",")]]);
}

/** As `bake --print` shows it. */
export function sshAgentToJson({ id, paths }: SshAgent): OrderedJson {
  const fields: Array<[string, OrderedJson]> = [];
  if (id !== "") fields.push(["id", id]);
  if (paths.length > 0) fields.push(["paths", paths]);
  return new Map(fields);
}
