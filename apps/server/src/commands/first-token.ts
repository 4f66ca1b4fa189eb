import { readFile } from "node:fs/promises";
import { adminTokenFile } from "../instance/admin-token-file.ts";
import type { ServerContext } from "./context.ts";

/** Where the first token is, and whom it is shown to. */
interface FirstTokenView {
  /** What clients are told of the server. */
  readonly url: string;
  /** The file that holds the token. */
  readonly file: string;
  /** Whether a person reads along: only then is the token itself shown; logs and pipes get the way to read it. */
  readonly isTerminal: boolean;
}

/** Says how the first token is used. */
export async function showFirstToken(url: string, dataDir: string, context: ServerContext): Promise<void> {
  const { out, isTerminal } = context;
  out(await describeFirstToken({ url, file: adminTokenFile(dataDir), isTerminal }));
}

async function describeFirstToken({ url, file, isTerminal }: FirstTokenView): Promise<string> {
  const token = isTerminal ? (await readFile(file, "utf8")).trim() : `$(cat ${file})`;
  const lines = [
    "",
    isTerminal ? "This is a new server. The token of its user admin, shown once:" : "This is a new server. To use it:",
    "",
    `  export DEPOT_API_URL=${url}`,
    `  export DEPOT_TOKEN=${token}`,
    "",
    "or, to keep the token:  depot login --token TOKEN",
    `It is also in ${file}; delete that file when you have stored it elsewhere.`,
    "Then:  depot projects create NAME, depot init, depot build .",
  ];
  return `${lines.join("\n")}\n`;
}
