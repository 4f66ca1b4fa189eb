import { parseArgs } from "node:util";
import { messageOf } from "@opendepot/base";
import { findPlatform, PLATFORMS, type Platform } from "./platforms.ts";
import { optionInvalid } from "./problems.ts";

const PARTS = ["executables", "packages"] as const;
const VERSION = /^\d+\.\d+\.\d+$/;

/** What is to be made. */
export interface PackagingOptions {
  readonly parts: ReadonlySet<(typeof PARTS)[number]>;
  readonly platforms: readonly Platform[];
  /** Versions of Node.js by platform name, where it is not the pinned one. */
  readonly nodeVersions: ReadonlyMap<string, string>;
}

/**
 * Reads the words after `npm run package --`: parts to make (default: both), `--platform NAME` (repeatable; default:
 * all) and `--node PLATFORM=VERSION` (repeatable).
 *
 * @throws {Problem} `option_invalid`
 */
export function readPackagingOptions(words: readonly string[]): PackagingOptions {
  const { positionals, platform = [], node = [] } = parseWords(words);
  for (const part of positionals) {
    if (!PARTS.some((known) => known === part))
      throw optionInvalid(`no such part: ${JSON.stringify(part)}`, `there are ${PARTS.join(" and ")}`);
  }
  return {
    parts: new Set(PARTS.filter((part) => positionals.length === 0 || positionals.includes(part))),
    platforms: platform.length === 0 ? PLATFORMS : [...new Set(platform)].map(findPlatform),
    nodeVersions: new Map(node.map(readNodeVersion)),
  };
}

function parseWords(words: readonly string[]): { positionals: string[]; platform?: string[]; node?: string[] } {
  const repeated = { type: "string", multiple: true } as const;
  try {
    const options = { platform: repeated, node: repeated };
    const { positionals, values } = parseArgs({ args: [...words], options, allowPositionals: true });
    return { positionals, ...values };
  } catch (error) {
    throw optionInvalid(messageOf(error), "the options are --platform NAME and --node PLATFORM=VERSION");
  }
}

function readNodeVersion(text: string): [string, string] {
  const [name = "", version = ""] = text.split("=", 2);
  if (!VERSION.test(version))
    throw optionInvalid(`not a version of Node.js: ${JSON.stringify(text)}`, "write --node darwin-arm64=24.0.0");
  return [findPlatform(name).name, version];
}
