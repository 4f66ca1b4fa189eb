import { resolve } from "node:path";
import type { Invocation } from "@opendepot/command";
import type { ImportedArchive } from "@opendepot/mirror";
import { formatBytes } from "../bytes.ts";
import { readSettings, resolveDataDir } from "../config.ts";
import { callControl } from "../instance/control-socket.ts";
import { readInstanceFile } from "../instance/instance-file.ts";
import { findOwner } from "../instance/lock.ts";
import type { AddedUpstream, ListedUpstream, MirrorReport } from "../mirror/control.ts";
import { argumentInvalid, notRunning } from "../problems.ts";
import { settingFlags } from "../settings.ts";
import type { ServerCommand, ServerContext } from "./context.ts";

/** A large archive takes its time. */
const IMPORT_MS = 6 * 3_600_000;
const MAX_PASSWORD_BYTES = 64 * 1024;

const ORGANIZATION = {
  name: "org",
  kind: "text",
  placeholder: "NAME",
  summary: "For one organization, by name or id; for everybody unless given",
} as const;

const addCommand: ServerCommand = {
  name: "add",
  summary: "Mirror another registry, or log in at one",
  description:
    "A login counts at once; builders learn of another registry at their next start. What was fetched with an\n" +
    "earlier login is forgotten.\n" +
    "The password is kept in the server's database as it is.",
  operands: "HOST",
  operandCount: { min: 1, max: 1 },
  examples: [
    {
      summary: "Pull from Docker Hub with an account",
      line: "depot-server mirror add docker.io --username acme --password-stdin < token.txt",
    },
    { summary: "A registry of your own network", line: "depot-server mirror add registry.lan:5000 --allow-private" },
  ],
  flags: [
    ORGANIZATION,
    { name: "username", kind: "text", placeholder: "NAME", summary: "Whom to log in as" },
    { name: "password-stdin", kind: "switch", summary: "Read the password, or a token, from stdin" },
    { name: "allow-private", kind: "switch", summary: "It may be at a private or a loopback address" },
    { name: "plain-http", kind: "switch", summary: "It does not speak TLS" },
    {
      name: "token-host",
      kind: "text",
      placeholder: "HOST",
      summary: "A host of its own that gives tokens to the login",
    },
    ...settingFlags(["dataDir"]),
  ],
  run: async (invocation, context) => {
    const [host = ""] = invocation.operands;
    const password = invocation.switch("password-stdin") ? await readPassword(context) : undefined;
    const request: AddedUpstream = {
      ...{ host, organization: invocation.text("org"), username: invocation.text("username"), password },
      allowsPrivate: invocation.switch("allow-private"),
      isPlainHttp: invocation.switch("plain-http"),
      tokenHost: invocation.text("token-host"),
    };
    await call(invocation, context, "mirror-add", request);
    context.err("builders that run learn of a registry that is new to them at their next start\n");
    return 0;
  },
};

const removeCommand: ServerCommand = {
  name: "rm",
  summary: "Mirror a registry no longer, or without its login",
  operands: "HOST",
  operandCount: { min: 1, max: 1 },
  flags: [ORGANIZATION, ...settingFlags(["dataDir"])],
  run: async (invocation, context) => {
    const [host = ""] = invocation.operands;
    const request = { host, organization: invocation.text("org") };
    const { isRemoved } = await call<{ isRemoved: boolean }>(invocation, context, "mirror-rm", request);
    if (!isRemoved) throw argumentInvalid(`${host} was not added`, "depot-server mirror list shows what was");
    return 0;
  },
};

const listCommand: ServerCommand = {
  name: "list",
  aliases: ["ls"],
  summary: "List the registries that are mirrored",
  flags: settingFlags(["dataDir"]),
  run: async (invocation, context) => {
    const upstreams = await call<ListedUpstream[]>(invocation, context, "mirror-list");
    const rows = upstreams.map((upstream) => [
      ...[upstream.host, upstream.organization || "everybody", upstream.username || "-", describe(upstream)],
    ]);
    context.out(renderTable([["REGISTRY", "FOR", "LOGIN", ""], ...rows]));
    return 0;
  },
};

const importCommand: ServerCommand = {
  name: "import",
  summary: "Put an image into the mirror from a file, for builders without Internet",
  description:
    "FILE is an OCI layout, as a folder or a tar, or an archive of docker save; gzip is fine. The server reads it, so it\n" +
    "must be on the server's machine. The image stays until it is forgotten.",
  operands: "FILE",
  operandCount: { min: 1, max: 1 },
  examples: [
    {
      summary: "Carry a base image over",
      line: "depot-server mirror import alpine.tar --name docker.io/library/alpine:3.20",
    },
  ],
  flags: [
    { name: "name", kind: "text", placeholder: "IMAGE", summary: "What it is in FROM, where the file does not say so" },
    ...settingFlags(["dataDir"]),
  ],
  run: async (invocation, context) => {
    const path = resolve(context.around.cwd, invocation.operands[0] ?? "");
    const request = { path, name: invocation.text("name") };
    const { images, newBytes } = await call<ImportedArchive>(invocation, context, "mirror-import", request);
    for (const { name, digest } of images) context.out(`${name} ${digest}\n`);
    context.err(`${formatBytes(newBytes)} of it was new\n`);
    return 0;
  },
};

const forgetCommand: ServerCommand = {
  name: "forget",
  summary: "Keep an imported image no longer than others",
  operands: "IMAGE",
  operandCount: { min: 1, max: 1 },
  flags: settingFlags(["dataDir"]),
  run: async (invocation, context) => {
    const [name = ""] = invocation.operands;
    const { isForgotten } = await call<{ isForgotten: boolean }>(invocation, context, "mirror-forget", { name });
    if (!isForgotten) throw argumentInvalid(`${name} was not imported`, "depot-server mirror status shows what was");
    return 0;
  },
};

const statusCommand: ServerCommand = {
  name: "status",
  summary: "Show what the mirror keeps and how it is used",
  flags: settingFlags(["dataDir"]),
  run: async (invocation, context) => {
    const { isOn, stats, imported } = await call<MirrorReport>(invocation, context, "mirror-status");
    const lines = [
      `the mirror is ${isOn ? "on" : "off: builders do not use it"}`,
      `  kept      ${formatBytes(stats.bytes)} of ${formatBytes(stats.maxBytes)}, ${stats.count} pieces of content`,
      `  answers   ${stats.hits} from here, ${stats.misses} fetched, ${stats.stale} while the registry was away, ${stats.refused} left to it`,
      `  traffic   ${formatBytes(stats.fetchedBytes)} in, ${formatBytes(stats.servedBytes)} out, ${stats.evicted} pieces made room`,
      ...imported.map((name) => `  imported  ${name}`),
    ];
    context.out(`${lines.join("\n")}\n`);
    return 0;
  },
};

/** `depot-server mirror`: for whoever may use the server's socket. */
export const mirrorCommand: ServerCommand = {
  name: "mirror",
  summary: "Where builders get base images from: registries, logins, what is kept",
  subcommands: [listCommand, addCommand, removeCommand, importCommand, forgetCommand, statusCommand],
};

async function call<Result>(
  invocation: Invocation,
  { around }: ServerContext,
  method: string,
  input: unknown = {},
): Promise<Result> {
  const dataDir = resolveDataDir(readSettings((name) => invocation.text(name), around.env).dataDir, around);
  const owner = await findOwner(dataDir);
  const instance = owner && (await readInstanceFile(dataDir));
  if (!owner || instance?.pid !== owner.pid) throw notRunning(dataDir);
  return await callControl<Result>(instance.controlSocket, method, input, { timeoutMs: IMPORT_MS });
}

async function readPassword({ stdin }: ServerContext): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of stdin()) {
    bytes += piece.length;
    if (bytes > MAX_PASSWORD_BYTES)
      throw argumentInvalid("the password on stdin is too long", "give the password only");
    pieces.push(piece);
  }
  const password = Buffer.concat(pieces)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  if (password === "") throw argumentInvalid("there is no password on stdin", "pipe it in: … --password-stdin < FILE");
  return password;
}

function describe({ isUsual, allowsPrivate, isPlainHttp }: ListedUpstream): string {
  const words = [isUsual ? "usual" : "", allowsPrivate ? "may be private" : "", isPlainHttp ? "plain HTTP" : ""];
  return words.filter(Boolean).join(", ");
}

function renderTable(table: readonly (readonly string[])[]): string {
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
