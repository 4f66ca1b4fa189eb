import { OrganizationApi } from "@opendepot/api";
import type { Command, Invocation } from "@opendepot/command";
import { type CliContext, variable } from "../cli-context.ts";
import { organizationMissing } from "../problems.ts";
import { openServer } from "../server.ts";
import { readSettings, writeSettings } from "../settings/config-file.ts";
import { ask } from "../terminal/confirm.ts";
import type { Column } from "../terminal/table.ts";
import { listOutputFlag, printList, resolveListFormat, tokenFlag } from "./common-flags.ts";

type Organization = NonNullable<
  NonNullable<(typeof OrganizationApi.listOrganizations)["response"]>["organizations"]
>[number];

const columns: readonly Column<Organization>[] = [
  { title: "Organization ID", key: "orgId", value: (org) => org.orgId ?? "" },
  { title: "Name", key: "name", value: (org) => org.name ?? "" },
  { title: "Created At", key: "createdAt", value: (org) => org.createdAt ?? "" },
];

/** `depot org` */
export const orgCommand: Command<CliContext> = {
  name: "org",
  aliases: ["o"],
  summary: "Organization management",
  subcommands: [
    {
      name: "list",
      aliases: ["ls"],
      summary: "List the organizations that you can access",
      examples: [{ summary: "For a script", line: "depot org list --output json" }],
      flags: [listOutputFlag, tokenFlag],
      run: runList,
    },
    {
      name: "show",
      summary: "Show the current organization",
      examples: [{ summary: "Its ID", line: "depot org show" }],
      run: runShow,
    },
    {
      name: "switch",
      summary: "Set the current organization",
      operands: "[ORG-ID]",
      operandCount: { min: 0, max: 1 },
      examples: [{ summary: "New projects go to this one from now on", line: "depot org switch ORG-ID" }],
      run: runSwitch,
    },
  ],
};

async function runList(invocation: Invocation, context: CliContext): Promise<number> {
  const format = resolveListFormat(invocation, context);
  const rows = await listOrganizations(context, invocation.text("token"));
  printList(context, format, { rows, columns, none: "no organizations" });
  return 0;
}

async function listOrganizations(context: CliContext, token?: string): Promise<readonly Organization[]> {
  await using server = await openServer(context, token);
  const { organizations = [] } = await server.api.call(
    OrganizationApi.listOrganizations,
    {},
    { signal: context.signal },
  );
  return organizations;
}

async function runShow(_invocation: Invocation, context: CliContext): Promise<number> {
  const id = variable(context.environment, "DEPOT_ORG_ID") ?? (await readSettings(context)).org_id;
  if (id === undefined) throw organizationMissing();
  context.terminal.print(`${id}\n`);
  return 0;
}

async function runSwitch(invocation: Invocation, context: CliContext): Promise<number> {
  const id = invocation.operands[0] ?? (await chooseOrganization(context));
  if (id === undefined || id === "") throw organizationMissing();
  await writeSettings(context, { org_id: id });
  context.terminal.note(`current organization is now ${id}`);
  return 0;
}

/** The only organization there is, or the one that the person picks. */
async function chooseOrganization(context: CliContext): Promise<string | undefined> {
  const rows = await listOrganizations(context);
  if (rows.length === 1) return rows[0]?.orgId;
  printList(
    { ...context, terminal: { ...context.terminal, print: (text) => context.terminal.note(text.trimEnd()) } },
    "table",
    { rows, columns, none: "no organizations" },
  );
  return (await ask("Organization ID: ", context))?.trim();
}
