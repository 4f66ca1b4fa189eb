import type { Command } from "@opendepot/command";
import { renderHelp } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { VERSION } from "../version.ts";
import { bakeCommand } from "./bake.ts";
import { buildCommand } from "./build.ts";
import { cacheCommand } from "./cache.ts";
import { imageCommand, pullCommand, pullTokenCommand, pushCommand } from "./images.ts";
import { initCommand } from "./init.ts";
import { listCommand } from "./list.ts";
import { loginCommand, logoutCommand } from "./login.ts";
import { orgCommand } from "./org.ts";
import { projectsCommand } from "./projects.ts";

/** `depot` with all its commands. */
export const rootCommand: Command<CliContext> = {
  name: "depot",
  summary: "Build container images on remote, warm builders",
  examples: [
    { summary: "Log in, create a project and build", line: "depot login --token TOKEN" },
    { summary: "Name the folder's project once", line: "depot init" },
    { summary: "Build as docker build does", line: "depot build -t app ." },
  ],
  flags: [
    { name: "version", short: "v", kind: "switch", summary: "Print the version and exit" },
    { name: "debug", kind: "switch", summary: "With any command: show all of each error and warning" },
  ],
  subcommands: [
    buildCommand,
    bakeCommand,
    pullCommand,
    pushCommand,
    imageCommand,
    pullTokenCommand,
    initCommand,
    loginCommand,
    logoutCommand,
    projectsCommand,
    listCommand,
    cacheCommand,
    orgCommand,
  ],
  run: async (invocation, { terminal }) => {
    const text = invocation.switch("version")
      ? `depot ${VERSION}\n`
      : renderHelp(rootCommand, "depot", terminal.stdout.columns ?? 80);
    terminal.print(text);
    return 0;
  },
};
