import type { Command } from "@opendepot/command";
import { buildFlags } from "../build/flags.ts";
import type { CliContext } from "../cli-context.ts";

/** `depot build` */
export const buildCommand: Command<CliContext> = {
  name: "build",
  aliases: ["b"],
  summary: "Build an image from a Dockerfile on a remote builder",
  description:
    "Builds as docker build does, with the same flags, on the warm builder of a\n" +
    "project. The result stays in the builder's cache unless --output says where it\n" +
    "goes.",
  operands: "PATH",
  operandCount: { min: 1, max: 1 },
  examples: [
    { summary: "Build the Dockerfile of this folder", line: "depot build -t repo/image:tag ." },
    { summary: "Take files out of the build", line: "depot build --target binaries -o out ." },
    {
      summary: "Write an image archive and load it into the local Docker",
      line: "depot build -t app -o type=docker,dest=- . | docker load",
    },
    { summary: "Use a secret and an SSH agent", line: "depot build --secret id=npm,src=$HOME/.npmrc --ssh default ." },
    {
      summary: "Another Dockerfile, another architecture",
      line: "depot build -f docker/app.Dockerfile --platform linux/arm64 .",
    },
    { summary: "Copy from another folder too", line: "depot build --build-context lib=../lib ." },
    { summary: "A log without animation, for scripts", line: "depot build --progress plain ." },
  ],
  flags: buildFlags,
  run: async (invocation, context) => (await import("../build/build-command.ts")).runBuildCommand(invocation, context),
};
