import type { Command } from "@opendepot/command";
import { bakeFlags } from "../bake/flags.ts";
import type { CliContext } from "../cli-context.ts";

/** `depot bake` */
export const bakeCommand: Command<CliContext> = {
  name: "bake",
  aliases: ["f"],
  summary: "Build what a bake or compose file defines on remote builders",
  description:
    "Builds as docker buildx bake does, with the same files and flags, all targets at\n" +
    "the same time. Without --file, all of compose.yaml, compose.yml,\n" +
    "docker-compose.yml, docker-compose.yaml, docker-bake.json, docker-bake.hcl,\n" +
    "docker-bake.override.json and docker-bake.override.hcl that exist are read.",
  operands: "[TARGET...]",
  operandCount: { min: 0, max: Number.POSITIVE_INFINITY },
  examples: [
    { summary: "Build the default group of docker-bake.hcl", line: "depot bake" },
    { summary: "Build two targets of a file and push them", line: "depot bake -f docker-bake.hcl --push app worker" },
    {
      summary: "Build all services of a compose file and run them",
      line: "depot bake -f docker-compose.yml --load && docker compose up",
    },
    { summary: "Set a variable and one target's tag", line: "TAG=v2 depot bake --set app.tags=acme/app:v2" },
    { summary: "Show what would be built", line: "depot bake --print" },
  ],
  flags: bakeFlags,
  run: async (invocation, context) => (await import("../bake/bake-command.ts")).runBakeCommand(invocation, context),
};
