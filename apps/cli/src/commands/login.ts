import { OrganizationApi } from "@opendepot/api";
import { Secret } from "@opendepot/base";
import type { Command, Invocation } from "@opendepot/command";
import { type CliContext, variable } from "../cli-context.ts";
import { flagValueInvalid, loginTokenMissing, tokenMissing } from "../problems.ts";
import { connect } from "../server.ts";
import { readSettings, type StoredSettings, settingsPath, writeSettings } from "../settings/config-file.ts";
import { parseServerUrl, resolveServerUrl } from "../settings/server-url.ts";

/** `depot login` */
export const loginCommand: Command<CliContext> = {
  name: "login",
  summary: "Store a token for the server",
  description:
    "Checks a token with the server and stores it, with the server's address, in\n" +
    "the settings of this user. depot-server prints a token when it starts for the\n" +
    "first time.",
  examples: [
    { summary: "A server on this machine", line: "depot login --token TOKEN" },
    { summary: "A server elsewhere", line: "depot login --token TOKEN --url https://depot.example.com" },
    { summary: "Without the token in the shell's history", line: "depot login --token - < token-file" },
  ],
  flags: [
    { name: "token", kind: "text", summary: "The token to store; - reads it from stdin" },
    { name: "url", kind: "text", summary: "The server's address; stored with the token" },
    { name: "org-id", kind: "text", summary: "The organization to work in" },
    { name: "clear", kind: "switch", summary: "Forget the stored token before logging in" },
    { name: "quiet", kind: "switch", summary: "Say nothing when already logged in" },
  ],
  run: runLogin,
};

/** `depot logout` */
export const logoutCommand: Command<CliContext> = {
  name: "logout",
  summary: "Forget the stored token and organization",
  examples: [{ summary: "On a machine that others use", line: "depot logout" }],
  run: async (_invocation, context) => {
    const path = await writeSettings(context, { api_token: undefined, org_id: undefined });
    context.terminal.note(`logged out: token and organization removed from ${path}`);
    return 0;
  },
};

async function runLogin(invocation: Invocation, context: CliContext): Promise<number> {
  const stored = await readSettings(context);
  const given = await givenToken(invocation, context);
  if (given === undefined) return sayLoggedIn(invocation, context, stored);
  const url = serverUrl(invocation, context, stored);
  const organizations = await checkToken(context, { url, token: new Secret(given), stored });
  const orgId =
    invocation.text("org-id") ?? stored.org_id ?? (organizations.length === 1 ? organizations[0] : undefined);
  const path = await writeSettings(context, {
    api_token: given,
    ...(orgId && { org_id: orgId }),
    ...(invocation.has("url") || variable(context.environment, "DEPOT_API_URL") ? { api_url: url.href } : {}),
  });
  context.terminal.note(`logged in to ${url.origin}; the token is stored in ${path}`);
  return 0;
}

/** Already logged in is fine, as long as nothing else was asked for. */
function sayLoggedIn(invocation: Invocation, context: CliContext, stored: StoredSettings): number {
  if (stored.api_token === undefined || invocation.switch("clear")) throw loginTokenMissing();
  if (!invocation.switch("quiet")) {
    context.terminal.note(`already logged in: the token is stored in ${settingsPath(context)}`);
  }
  return 0;
}

async function givenToken(invocation: Invocation, context: CliContext): Promise<string | undefined> {
  const flag = invocation.text("token");
  const token = (flag === "-" ? await readStdin(context.signal) : flag)?.trim();
  if (token === "") throw tokenMissing();
  if (token !== undefined && /\s/.test(token)) throw flagValueInvalid("--token", "…", "a token has no blanks in it");
  return token;
}

async function readStdin(signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin.iterator({ destroyOnReturn: true })) {
    signal.throwIfAborted();
    chunks.push(Buffer.from(chunk));
    if (chunks.length > 64) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function serverUrl(invocation: Invocation, context: CliContext, stored: StoredSettings): URL {
  const flag = invocation.text("url");
  return flag === undefined ? resolveServerUrl(context.environment, stored) : parseServerUrl(flag, "--url");
}

/** Asks for something that every token may see; a wrong one is refused with the server's own words. */
async function checkToken(
  context: CliContext,
  peer: { readonly url: URL; readonly token: Secret; readonly stored: StoredSettings },
): Promise<string[]> {
  await using server = await connect(context, peer);
  const { organizations = [] } = await server.api.call(
    OrganizationApi.listOrganizations,
    {},
    { signal: context.signal },
  );
  return organizations.flatMap(({ orgId }) => (orgId === undefined ? [] : [orgId]));
}
