import type { Command } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { imageListFlags, imageRemoveFlags, pullFlags, pullTokenFlags, pushFlags } from "../images/flags.ts";

/** `depot pull` */
export const pullCommand: Command<CliContext> = {
  name: "pull",
  summary: "Pull a saved image into the local Docker",
  description:
    "Pulls an image that was saved with --save: that of a build, of a bake all\n" +
    "targets, or the one with a tag. It gets the names that its build gave it, or\n" +
    "those of --tag, beside its place in the registry.",
  operands: "[BUILD-ID | TAG | PROJECT:TAG | REFERENCE]",
  operandCount: { min: 0, max: 1 },
  examples: [
    { summary: "The image of a build", line: "depot pull --project PROJECT BUILD-ID" },
    { summary: "A tag, under a name of its own", line: "depot pull -t app:test v1" },
    {
      summary: "One target of a bake, for another platform",
      line: "depot pull --target web --platform linux/arm64 BUILD-ID",
    },
  ],
  flags: pullFlags,
  run: async (invocation, context) => (await import("../images/pull.ts")).runPull(invocation, context),
};

/** `depot push` */
export const pushCommand: Command<CliContext> = {
  name: "push",
  summary: "Push a saved image to another registry",
  description:
    "Copies a saved image as it stands, with all its platforms and attestations. The\n" +
    "server sends it, with this machine's credentials for the registry; where it\n" +
    "cannot get there, this command passes it on. What the registry has is not sent\n" +
    "again. The names with their digest are printed.",
  operands: "[BUILD-ID | TAG | PROJECT:TAG | REFERENCE]",
  operandCount: { min: 0, max: 1 },
  examples: [
    { summary: "To a registry", line: "depot push --project PROJECT -t ghcr.io/acme/app:1.0 BUILD-ID" },
    {
      summary: "One target of a bake, under two names",
      line: "depot push --target web -t acme/web:1.0 -t acme/web BUILD-ID",
    },
    {
      summary: "With the signatures that are attached to it",
      line: "depot push --referrers -t ghcr.io/acme/app:1.0 BUILD-ID",
    },
  ],
  flags: pushFlags,
  run: async (invocation, context) => (await import("../images/push.ts")).runPush(invocation, context),
};

/** `depot pull-token` */
export const pullTokenCommand: Command<CliContext> = {
  name: "pull-token",
  summary: "Print a token to pull saved images with",
  operands: "[BUILD-ID]",
  operandCount: { min: 0, max: 1 },
  examples: [
    {
      summary: "Let Docker pull from a project",
      line: "depot pull-token --project PROJECT | docker login HOST -u x-token --password-stdin",
    },
    { summary: "Of a build", line: "depot pull-token BUILD-ID" },
  ],
  flags: pullTokenFlags,
  run: async (invocation, context) => (await import("../images/pull-token.ts")).runPullToken(invocation, context),
};

const imageListCommand: Command<CliContext> = {
  name: "list",
  aliases: ["ls"],
  summary: "List the saved images of a project, newest first",
  examples: [
    { summary: "Images of the project in this folder", line: "depot image list" },
    { summary: "For a script", line: "depot image list --project PROJECT --output json" },
  ],
  flags: imageListFlags,
  run: async (invocation, context) => (await import("../images/list-images.ts")).runImageList(invocation, context),
};

const imageRemoveCommand: Command<CliContext> = {
  name: "rm",
  aliases: ["remove", "delete"],
  summary: "Remove saved images of a project by their tags",
  operands: "TAG...",
  operandCount: { min: 1, max: 1000 },
  examples: [{ summary: "Two images", line: "depot image rm --project PROJECT v1 v2" }],
  flags: imageRemoveFlags,
  run: async (invocation, context) => (await import("../images/remove-images.ts")).runImageRemove(invocation, context),
};

/** `depot image` */
export const imageCommand: Command<CliContext> = {
  name: "image",
  summary: "Saved images of a project",
  subcommands: [imageListCommand, imageRemoveCommand],
};
