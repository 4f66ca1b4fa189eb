/** A position in a YAML text; both parts count from zero, the column in Unicode characters. */
export interface Mark {
  readonly line: number;
  readonly column: number;
}

/** What all nodes carry: where they start, and their tag in short form (`!!str`, `!reset`, or empty). */
interface NodeBase {
  readonly mark: Mark;
  readonly tag: string;
}

/** A scalar as written: its text, and whether quotes or a block style fix it as a string. */
export interface ScalarNode extends NodeBase {
  readonly kind: "scalar";
  readonly value: string;
  readonly isPlain: boolean;
}

/** A list of nodes. The items are replaced when `!reset` removes some. */
export interface SequenceNode extends NodeBase {
  readonly kind: "sequence";
  items: YamlNode[];
}

/** A mapping as pairs in file order; duplicates are kept. */
export interface MappingNode extends NodeBase {
  readonly kind: "mapping";
  entries: [key: YamlNode, value: YamlNode][];
}

/** A reference to an anchored node, `*name`. */
export interface AliasNode extends NodeBase {
  readonly kind: "alias";
  readonly name: string;
  readonly target: YamlNode;
}

/** One node of a YAML document: the representation graph of YAML 1.2, section 3.2.1. */
export type YamlNode = ScalarNode | SequenceNode | MappingNode | AliasNode;

const CORE_PREFIX = "tag:yaml.org,2002:";

/** The short form of a tag: `tag:yaml.org,2002:str` is `!!str`. */
export function shortTag(tag: string): string {
  return tag.startsWith(CORE_PREFIX) ? `!!${tag.slice(CORE_PREFIX.length)}` : tag;
}
