import { cleanPath } from "./file-path.ts";
import { invalidModel } from "./problems.ts";
import type { ComposeMapping, ComposeValue } from "./value.ts";

/** What matters of a volume in its short form. */
export interface ParsedVolume {
  readonly type: "bind" | "volume";
  readonly source: string;
  readonly target: string;
}

/**
 * Reads a volume's short form, `source:target:options`, as compose-go v2 does (`format/volume.go`).
 *
 * @throws {Problem} `compose_invalid`
 */
export function parseVolume(spec: string): ParsedVolume {
  const length = Buffer.byteLength(spec);
  if (length === 0) throw invalidModel("invalid empty volume spec");
  if (length <= 2) return { type: "volume", source: "", target: spec };
  let source = "";
  let target = "";
  const sections = splitSections(spec);
  sections.forEach((section, index) => {
    const fail = (reason: string): never => {
      throw invalidModel(`invalid spec: ${spec}: ${reason}`);
    };
    const isLast = index === sections.length - 1;
    if (section === "") fail("empty section between colons");
    else if (source === "" && isLast) target = section;
    else if (source === "") source = section;
    else if (target === "") target = section;
    else if (!isLast) fail("too many colons");
  });
  return { type: isFilePath(source) ? "bind" : "volume", source, target };
}

/** A volume in its long form, as far as anything later looks at it. @throws {Problem} `compose_invalid` */
export function volumeMapping(spec: string): ComposeMapping {
  const { type, source, target } = parseVolume(spec);
  const mapping = new Map<string, ComposeValue>([["type", type]]);
  if (source !== "") mapping.set("source", source);
  if (target !== "") mapping.set("target", cleanPath(target));
  return mapping;
}

// A colon separates, but not behind a drive letter, and not within `${…}`.
function splitSections(spec: string): string[] {
  const sections: string[] = [];
  let section = "";
  let open = 0;
  const characters = [...spec];
  characters.forEach((character, index) => {
    if (character === "$" && characters[index + 1] === "{") open += 1;
    else if (character === "}" && open > 0) open -= 1;
    else if (character === ":" && open === 0 && !/^\p{L}$/u.test(section)) {
      sections.push(section);
      section = "";
      return;
    }
    section += character;
  });
  return open > 0 ? sections : [...sections, section];
}

function isFilePath(source: string): boolean {
  return /^[./~]/.test(source) || source.startsWith("\\\\") || /^\p{L}:/u.test(source);
}
