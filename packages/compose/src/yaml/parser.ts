import { type Mark, shortTag, type YamlNode } from "./node.ts";
import { resolveScalar } from "./resolve-scalar.ts";
import { Scanner } from "./scanner.ts";
import type { Token, TokenType } from "./token.ts";
import { parserError, YamlError } from "./yaml-error.ts";

/** How deep nodes may be nested: our own bound, far above any real file. */
const MAX_DEPTH = 1_000;

const DEFAULT_HANDLES: readonly (readonly [string, string])[] = [
  ["!", "!"],
  ["!!", "tag:yaml.org,2002:"],
];

/** What stands before a node's content. */
interface Properties {
  readonly start: Mark;
  readonly anchor: string | undefined;
  readonly tag: string;
}

/**
 * Reads the documents of a YAML text one after the other, as go-yaml v4 does: what is wrong with
 * the second is not noticed before the first was taken.
 */
export class YamlParser {
  private readonly scanner: Scanner;
  private readonly anchors = new Map<string, YamlNode>();
  private handles = new Map<string, string>(DEFAULT_HANDLES);
  private isFirst = true;
  private depth = 0;

  constructor(text: string) {
    this.scanner = new Scanner(text);
  }

  /** The root of the next document, or undefined at the end. @throws {YamlError} */
  next(): YamlNode | undefined {
    if (!this.isFirst) while (this.is("document-end")) this.scanner.take();
    if (this.is("stream-end")) return undefined;
    const isExplicit = this.is("document-start", "version-directive", "tag-directive");
    if (this.isFirst && !isExplicit) this.handles = new Map(DEFAULT_HANDLES);
    else this.readDocumentStart();
    this.isFirst = false;
    const isEmpty = isExplicitEmpty(this.scanner.peek().type);
    const root = isEmpty ? emptyScalar(this.scanner.peek().start) : this.parseNode("block");
    if (this.is("document-end")) this.scanner.take();
    return root;
  }

  private readDocumentStart(): void {
    this.handles = new Map(DEFAULT_HANDLES);
    let hasVersion = false;
    for (;;) {
      const token = this.scanner.peek();
      if (token.type === "version-directive") {
        if (hasVersion) throw parserError("found duplicate %YAML directive", { mark: token.start });
        if (token.value !== "1.1" && token.value !== "1.2")
          throw parserError("found incompatible YAML document", { mark: token.start });
        hasVersion = true;
      } else if (token.type === "tag-directive") this.handles.set(token.value, token.suffix);
      else break;
      this.scanner.take();
    }
    const token = this.scanner.peek();
    if (token.type !== "document-start")
      throw parserError("did not find expected <document start>", { mark: token.start });
    this.scanner.take();
  }

  private is(...types: readonly TokenType[]): boolean {
    return types.includes(this.scanner.peek().type);
  }

  private parseNode(place: "block" | "block-value" | "flow"): YamlNode {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new YamlError(`yaml: exceeded max depth of ${MAX_DEPTH}`);
    const node = this.parseNodeContent(place);
    this.depth -= 1;
    return node;
  }

  private parseNodeContent(place: "block" | "block-value" | "flow"): YamlNode {
    const first = this.scanner.peek();
    if (first.type === "alias") return this.parseAlias();
    const properties = this.parseProperties();
    const token = this.scanner.peek();
    switch (token.type) {
      case "block-entry":
        if (place === "block-value") return this.parseSequence(properties, "indentless");
        break;
      case "scalar":
        this.scanner.take();
        return this.scalar(properties, token);
      case "flow-sequence-start":
        return this.parseFlowSequence(properties);
      case "flow-mapping-start":
        return this.parseFlowMapping(properties);
      case "block-sequence-start":
        if (place !== "flow") return this.parseSequence(properties, "block");
        break;
      case "block-mapping-start":
        if (place !== "flow") return this.parseBlockMapping(properties);
        break;
      default:
    }
    if (properties.anchor !== undefined || properties.tag !== "") return this.scalar(properties, undefined);
    throw parserError("did not find expected node content", {
      mark: token.start,
      context: place === "flow" ? "while parsing a flow node" : "while parsing a block node",
      contextMark: properties.start,
    });
  }

  private parseAlias(): YamlNode {
    const { start, value } = this.scanner.peek();
    const target = this.anchors.get(value);
    if (target === undefined) {
      // go-yaml reports a position that counts from one as one that counts from zero.
      const mark = { line: start.line + 1, column: start.column + 1 };
      throw parserError(`unknown anchor '${value}' referenced`, { mark });
    }
    this.scanner.take();
    return { kind: "alias", mark: start, tag: "", name: value, target };
  }

  private parseProperties(): Properties {
    const { start } = this.scanner.peek();
    let anchor: string | undefined;
    let tagToken: Token | undefined;
    for (;;) {
      const token = this.scanner.peek();
      if (token.type === "anchor" && anchor === undefined) anchor = token.value;
      else if (token.type === "tag" && tagToken === undefined) tagToken = token;
      else break;
      this.scanner.take();
    }
    return { start, anchor, tag: tagToken === undefined ? "" : this.resolveTag(tagToken, start) };
  }

  private resolveTag(token: Token, start: Mark): string {
    if (token.value === "") return token.suffix;
    const prefix = this.handles.get(token.value);
    if (prefix === undefined)
      throw parserError("found undefined tag handle", {
        mark: token.start,
        context: "while parsing a node",
        contextMark: start,
      });
    return prefix + token.suffix;
  }

  private scalar({ start, anchor, tag }: Properties, token: Token | undefined): YamlNode {
    const value = token?.value ?? "";
    const isPlain = token?.isPlain ?? true;
    const explicit = tag === "!" ? "" : shortTag(tag);
    const implicit = isPlain ? resolveScalar("", value).tag : "!!str";
    return this.remember(anchor, {
      kind: "scalar",
      mark: start,
      tag: explicit === "" ? implicit : explicit,
      value,
      isPlain,
    });
  }

  private remember<Node extends YamlNode>(anchor: string | undefined, node: Node): Node {
    if (anchor !== undefined) this.anchors.set(anchor, node);
    return node;
  }

  private parseSequence({ start, anchor, tag }: Properties, style: "block" | "indentless"): YamlNode {
    const items: YamlNode[] = [];
    const node = this.remember(anchor, {
      kind: "sequence" as const,
      mark: start,
      tag: collectionTag(tag, "!!seq"),
      items,
    });
    const contextMark = this.scanner.peek().start;
    if (style === "block") this.scanner.take();
    while (this.is("block-entry")) {
      const { end } = this.scanner.take();
      const isEmpty = this.is("block-entry", "block-end") || (style === "indentless" && this.is("key", "value"));
      items.push(isEmpty ? emptyScalar(end) : this.parseNode("block"));
    }
    if (style === "indentless") return node;
    if (!this.is("block-end"))
      throw parserError("did not find expected '-' indicator", {
        mark: this.scanner.peek().start,
        context: "while parsing a block collection",
        contextMark,
      });
    this.scanner.take();
    return node;
  }

  private parseBlockMapping({ start, anchor, tag }: Properties): YamlNode {
    const entries: [YamlNode, YamlNode][] = [];
    const node = this.remember(anchor, {
      kind: "mapping" as const,
      mark: start,
      tag: collectionTag(tag, "!!map"),
      entries,
    });
    const contextMark = this.scanner.take().start;
    while (this.is("key")) {
      const key = this.parseBlockPart();
      const value = this.is("value") ? this.parseBlockPart() : emptyScalar(this.scanner.peek().start);
      entries.push([key, value]);
    }
    if (!this.is("block-end"))
      throw parserError("did not find expected key", {
        mark: this.scanner.peek().start,
        context: "while parsing a block mapping",
        contextMark,
      });
    this.scanner.take();
    return node;
  }

  /** What follows a `key` or `value` token of a block mapping. */
  private parseBlockPart(): YamlNode {
    const { end } = this.scanner.take();
    return this.is("key", "value", "block-end") ? emptyScalar(end) : this.parseNode("block-value");
  }

  private parseFlowSequence({ start, anchor, tag }: Properties): YamlNode {
    const items: YamlNode[] = [];
    const node = this.remember(anchor, {
      kind: "sequence" as const,
      mark: start,
      tag: collectionTag(tag, "!!seq"),
      items,
    });
    const contextMark = this.scanner.take().start;
    for (let isFirst = true; !this.is("flow-sequence-end"); isFirst = false) {
      if (!isFirst) {
        this.takeFlowEntry({ closing: "]", context: "while parsing a flow sequence", contextMark });
        if (this.is("flow-sequence-end")) break;
      }
      items.push(this.is("key") ? this.parseFlowPair() : this.parseNode("flow"));
    }
    this.scanner.take();
    return node;
  }

  /** `[key: value]` is a list of one mapping of one pair. */
  private parseFlowPair(): YamlNode {
    const { start } = this.scanner.take();
    const hasKey = !this.is("value", "flow-entry", "flow-sequence-end");
    const key = hasKey ? this.parseNode("flow") : emptyScalar(this.scanner.peek().start);
    let value = emptyScalar(this.scanner.peek().start);
    if (this.is("value")) {
      this.scanner.take();
      if (!this.is("flow-entry", "flow-sequence-end")) value = this.parseNode("flow");
    }
    return { kind: "mapping", mark: start, tag: "!!map", entries: [[key, value]] };
  }

  private parseFlowMapping({ start, anchor, tag }: Properties): YamlNode {
    const entries: [YamlNode, YamlNode][] = [];
    const node = this.remember(anchor, {
      kind: "mapping" as const,
      mark: start,
      tag: collectionTag(tag, "!!map"),
      entries,
    });
    const contextMark = this.scanner.take().start;
    for (let isFirst = true; !this.is("flow-mapping-end"); isFirst = false) {
      if (!isFirst) {
        this.takeFlowEntry({ closing: "}", context: "while parsing a flow mapping", contextMark });
        if (this.is("flow-mapping-end")) break;
      }
      entries.push(this.parseFlowMappingEntry());
    }
    this.scanner.take();
    return node;
  }

  private parseFlowMappingEntry(): [YamlNode, YamlNode] {
    if (!this.is("key")) {
      const key = this.parseNode("flow");
      return [key, emptyScalar(this.scanner.peek().start)];
    }
    this.scanner.take();
    const hasKey = !this.is("value", "flow-entry", "flow-mapping-end");
    const key = hasKey ? this.parseNode("flow") : emptyScalar(this.scanner.peek().start);
    if (!this.is("value")) return [key, emptyScalar(this.scanner.peek().start)];
    this.scanner.take();
    const hasValue = !this.is("flow-entry", "flow-mapping-end");
    return [key, hasValue ? this.parseNode("flow") : emptyScalar(this.scanner.peek().start)];
  }

  private takeFlowEntry({
    closing,
    context,
    contextMark,
  }: {
    closing: string;
    context: string;
    contextMark: Mark;
  }): void {
    if (!this.is("flow-entry"))
      throw parserError(`did not find expected ',' or '${closing}'`, {
        mark: this.scanner.peek().start,
        context,
        contextMark,
      });
    this.scanner.take();
  }
}

function isExplicitEmpty(type: TokenType): boolean {
  return (
    type === "version-directive" ||
    type === "tag-directive" ||
    type === "document-start" ||
    type === "document-end" ||
    type === "stream-end"
  );
}

function collectionTag(tag: string, implicit: string): string {
  return tag === "" || tag === "!" ? implicit : shortTag(tag);
}

function emptyScalar(mark: Mark): YamlNode {
  return { kind: "scalar", mark, tag: "!!null", value: "", isPlain: true };
}
