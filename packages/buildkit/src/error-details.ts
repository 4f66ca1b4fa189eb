import type { StatusDetail } from "./rpc/grpc-error.ts";

/** A place in a source file; lines count from 1. */
export interface SourcePosition {
  readonly line: number;
  readonly character: number;
}

/** The lines that an error is about. */
export interface SourceRange {
  readonly start: SourcePosition;
  readonly end: SourcePosition;
}

/** A source file, usually the Dockerfile, and where in it the error lies. */
export interface ErrorSource {
  readonly filename: string;
  readonly data: Uint8Array;
  /** For instance `Dockerfile`; empty when unknown. */
  readonly language: string;
  readonly ranges: readonly SourceRange[];
}

/** The operation that failed, as far as one needs it to look at its inputs and mounts. */
export interface FailedOperation {
  readonly inputIds: readonly string[];
  readonly mountIds: readonly string[];
  /** `pb.Op` in protobuf's JSON form. */
  readonly op: unknown;
  readonly description: Readonly<Record<string, string>>;
}

/** The Go stack of one process that the error came through: for debugging only. */
export interface ErrorStack {
  readonly command: readonly string[];
  readonly version: string;
  readonly frames: ReadonlyArray<{ readonly name: string; readonly file: string; readonly line: number }>;
}

/** What BuildKit tells about an error beside its text. */
export interface ErrorFacts {
  /** Digest of the vertex that failed. */
  readonly vertex?: string;
  /** From the outermost source to the innermost one. */
  readonly sources: readonly ErrorSource[];
  /** Exit code of the process that failed. */
  readonly exitCode?: number;
  readonly frontend?: { readonly name: string; readonly source: string };
  /** A capability that the frontend lacks. */
  readonly missingCapability?: string;
  /** A subrequest (`frontend.lint`…) that the frontend does not know. */
  readonly unsupportedSubrequest?: string;
  readonly operation?: FailedOperation;
  /** Texts of a source policy that refused a source. */
  readonly denyMessages: readonly string[];
  readonly stacks: readonly ErrorStack[];
}

const PREFIX = "github.com/moby/buildkit/";

type Json = Readonly<Record<string, unknown>>;
type MutableFacts = { -readonly [Key in keyof ErrorFacts]: ErrorFacts[Key] } & {
  sources: ErrorSource[];
  stacks: ErrorStack[];
};

/**
 * Reads the details of a BuildKit error: JSON values named by their type URL. Unknown, broken and hostile ones are
 * passed over, as they must never hide the error itself. BuildKit: solver/errdefs, util/grpcerrors.
 */
export function readErrorDetails(details: readonly StatusDetail[]): ErrorFacts {
  const facts: MutableFacts = { sources: [], stacks: [], denyMessages: [] };
  for (const { typeUrl, value } of details) {
    const name = typeUrl.startsWith(PREFIX) ? typeUrl.slice(PREFIX.length) : "";
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    const json = read && parseObject(value);
    if (read && json) read(facts, json);
  }
  return facts;
}

const READERS: Readonly<Record<string, (facts: MutableFacts, json: Json) => void>> = {
  "errdefs.Vertex+json": (facts, json) => {
    facts.vertex = text(json["digest"]);
  },
  "errdefs.Source+json": (facts, json) => {
    const info = object(json["info"]);
    if (info) facts.sources.push(toSource(info, list(json["ranges"])));
  },
  "errdefs.Frontend+json": (facts, json) => {
    facts.frontend = { name: text(json["name"]), source: text(json["source"]) };
  },
  "errdefs.FrontendCap+json": (facts, json) => {
    facts.missingCapability = text(json["name"]);
  },
  "errdefs.Subrequest+json": (facts, json) => {
    facts.unsupportedSubrequest = text(json["name"]);
  },
  "errdefs.Solve+json": (facts, json) => {
    facts.operation = {
      inputIds: texts(json["inputIDs"]),
      mountIds: texts(json["mountIDs"]),
      op: json["op"],
      description: textMap(object(json["description"])),
    };
  },
  "gatewayapi.ExitMessage+json": (facts, json) => {
    facts.exitCode = whole(json["Code"]);
  },
  "policysession.DecisionResponse+json": (facts, json) => {
    facts.denyMessages = list(json["denyMessages"]).map((entry) => text(object(entry)?.["message"]));
  },
  "stack.Stack+json": (facts, json) => {
    facts.stacks.push(toStack(json));
  },
};

function toSource(info: Json, ranges: readonly unknown[]): ErrorSource {
  return {
    filename: text(info["filename"]),
    data: Buffer.from(text(info["data"]), "base64"),
    language: text(info["language"]),
    ranges: ranges.map((range) => ({
      start: toPosition(object(range)?.["start"]),
      end: toPosition(object(range)?.["end"]),
    })),
  };
}

function toPosition(value: unknown): SourcePosition {
  const position = object(value);
  return { line: whole(position?.["line"]), character: whole(position?.["character"]) };
}

function toStack(json: Json): ErrorStack {
  return {
    command: texts(json["cmdline"]),
    version: text(json["version"]),
    frames: list(json["frames"]).map((entry) => {
      const frame = object(entry);
      return { name: text(frame?.["Name"]), file: text(frame?.["File"]), line: whole(frame?.["Line"]) };
    }),
  };
}

function parseObject(bytes: Uint8Array): Json | undefined {
  try {
    return object(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8")));
  } catch {
    return undefined;
  }
}

function object(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): string[] {
  return list(value).map(text);
}

function textMap(value: Json | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(value ?? {}).map(([key, entry]) => [key, text(entry)]));
}

/** A whole number, also where JSON has it as a string; 0 for anything else. */
function whole(value: unknown): number {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : 0;
}
