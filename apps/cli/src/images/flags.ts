import type { Flag } from "@opendepot/command";
import { listOutputFlag, projectFlag, tokenFlag } from "../commands/common-flags.ts";

const progressFlag: Flag = {
  name: "progress",
  kind: "text",
  default: "auto",
  summary: 'Set type of progress output ("auto", "plain", "tty", "quiet")',
};

/** Flags of `depot pull`. */
export const pullFlags: readonly Flag[] = [
  { name: "platform", kind: "text", summary: 'Pull the image of this platform ("linux/amd64", "linux/arm64")' },
  progressFlag,
  projectFlag,
  { name: "tag", short: "t", kind: "list", summary: "Name for the image in the local Docker" },
  { name: "target", kind: "list", summary: "Pull only these targets of a bake" },
  tokenFlag,
];

/** Flags of `depot push`. */
export const pushFlags: readonly Flag[] = [
  { name: "plain-http", kind: "list", summary: 'Speak to this registry without TLS (format: "host:port")' },
  progressFlag,
  projectFlag,
  { name: "referrers", kind: "switch", summary: "Push what refers to the image, too: signatures, SBOMs" },
  { name: "tag", short: "t", kind: "list", summary: 'Where the image is pushed to (format: "registry/name:tag")' },
  { name: "target", kind: "text", summary: "The target of a bake that is pushed" },
  tokenFlag,
];

/** Flags of `depot pull-token`. */
export const pullTokenFlags: readonly Flag[] = [projectFlag, tokenFlag];

/** Flags of `depot image list`. */
export const imageListFlags: readonly Flag[] = [listOutputFlag, projectFlag, tokenFlag];

/** Flags of `depot image rm`. */
export const imageRemoveFlags: readonly Flag[] = [projectFlag, tokenFlag];
