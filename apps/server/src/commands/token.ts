import type { IssuedToken, TokenRequest } from "../admin-tokens.ts";
import { readSettings, resolveDataDir } from "../config.ts";
import { parseDuration } from "../duration.ts";
import { callControl } from "../instance/control-socket.ts";
import { readInstanceFile } from "../instance/instance-file.ts";
import { findOwner } from "../instance/lock.ts";
import { notRunning, optionInvalid } from "../problems.ts";
import { settingFlags } from "../settings.ts";
import type { ServerCommand } from "./context.ts";

/** `depot-server token create`: for whoever may read the server's data folder. */
export const tokenCommand: ServerCommand = {
  name: "token",
  summary: "Make tokens on the server itself",
  subcommands: [
    {
      name: "create",
      summary: "Make a token for a user, an organization or a project, and print it",
      description: "Prints the token and nothing else. Exactly one of --user, --org and --project says whom it is for.",
      examples: [
        { summary: "Another token for the first user", line: "depot-server token create --user admin" },
        { summary: "For the CI of one project", line: "depot-server token create --project PROJECT --expires 90d" },
      ],
      flags: [
        { name: "user", kind: "text", placeholder: "NAME", summary: "A user: all organizations that it belongs to" },
        { name: "org", kind: "text", placeholder: "NAME", summary: "An organization, by name or id: all its projects" },
        { name: "project", kind: "text", placeholder: "ID", summary: "One project" },
        { name: "description", kind: "text", summary: "What it is for" },
        {
          name: "expires",
          kind: "text",
          placeholder: "DURATION",
          summary: "When it ends: 12h, 90d; never unless given",
        },
        ...settingFlags(["dataDir"]),
      ],
      run: async (invocation, { around, out }) => {
        const dataDir = resolveDataDir(readSettings((name) => invocation.text(name), around.env).dataDir, around);
        const expires = invocation.text("expires");
        const request: TokenRequest = {
          ...chooseSubject((name) => invocation.text(name)),
          description: invocation.text("description") ?? "made on the server",
          ...(expires === undefined ? {} : { expiresInMs: parseDuration("--expires", expires) }),
        };
        const instance = (await findOwner(dataDir)) && (await readInstanceFile(dataDir));
        if (!instance) throw notRunning(dataDir);
        const issued = await callControl<IssuedToken>(instance.controlSocket, "create-token", request);
        out(`${issued.token}\n`);
        return 0;
      },
    },
  ],
};

function chooseSubject(flag: (name: string) => string | undefined): Pick<TokenRequest, "kind" | "subject"> {
  const kinds = { user: "user", org: "organization", project: "project" } as const;
  const given = Object.entries(kinds).flatMap(([name, kind]) => {
    const subject = flag(name);
    return subject === undefined ? [] : [{ kind, subject }];
  });
  const [only] = given;
  if (!only || given.length > 1) {
    const text = given.map(({ kind }) => kind).join(", ");
    throw optionInvalid("the owner of a token", text, "give exactly one of --user, --org and --project");
  }
  return only;
}
