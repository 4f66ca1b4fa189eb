import type { Mark } from "./node.ts";

/** The kinds of tokens between the characters and the nodes of a YAML text (YAML 1.1, libyaml's grammar). */
export type TokenType =
  | "stream-end"
  | "version-directive"
  | "tag-directive"
  | "document-start"
  | "document-end"
  | "block-sequence-start"
  | "block-mapping-start"
  | "block-end"
  | "flow-sequence-start"
  | "flow-sequence-end"
  | "flow-mapping-start"
  | "flow-mapping-end"
  | "block-entry"
  | "flow-entry"
  | "key"
  | "value"
  | "alias"
  | "anchor"
  | "tag"
  | "scalar";

/** One token. `value` is the text of a scalar, the name of an anchor, or the handle of a tag. */
export interface Token {
  readonly type: TokenType;
  readonly start: Mark;
  readonly end: Mark;
  readonly value: string;
  /** The part of a tag behind its handle, the prefix of a `%TAG` directive. */
  readonly suffix: string;
  /** Whether a scalar was written without quotes and not as a block. */
  readonly isPlain: boolean;
}
