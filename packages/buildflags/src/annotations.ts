import { isProblem } from "@opendepot/base";
import { formatPlatform, type HostNames, type Platform } from "@opendepot/oci";
import { cut, goQuote } from "./go-text.ts";
import { readSpecifier } from "./platforms.ts";
import { buildFlagInvalid } from "./problems.ts";

/** What an annotation is attached to. */
export type AnnotationLevel = "index" | "index-descriptor" | "manifest" | "manifest-descriptor";

/** An annotation of an image: BuildKit exporter/containerimage/exptypes `AnnotationKey`, with its value. */
export interface Annotation {
  readonly key: string;
  readonly value: string;
  /** Absent: the manifest of each platform. */
  readonly level?: AnnotationLevel | undefined;
  readonly platform?: Platform | undefined;
}

const LEVEL = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/;
const LEVELS: readonly AnnotationLevel[] = ["index", "index-descriptor", "manifest", "manifest-descriptor"];

/**
 * Reads `key=value` and `level[platform],level:key=value`; empty texts are skipped.
 *
 * @throws {Problem} `build_flag_invalid`
 */
export function readAnnotations(texts: readonly string[], host: HostNames): Annotation[] {
  return texts.filter((text) => text !== "").flatMap((text) => readAnnotation(text, host));
}

function readAnnotation(text: string, host: HostNames): Annotation[] {
  const [left, value] = cut(text, "=");
  if (value === undefined) throw buildFlagInvalid(`invalid annotation ${goQuote(text)}, expected key=value`);
  const [levels, key] = cut(left, ":");
  if (key === undefined) return [{ key: left, value }];
  return levels.split(",").map((written) => ({ key, value, ...readLevel(written, host) }));
}

function readLevel(written: string, host: HostNames): Pick<Annotation, "level" | "platform"> {
  const match = LEVEL.exec(written);
  if (!match) {
    throw buildFlagInvalid(
      `invalid annotation type ${goQuote(written)}, expected type and optional platform in square brackets`,
    );
  }
  const [, name = "", platform] = match;
  const level = LEVELS.find((other) => other === name);
  if (level === undefined) throw buildFlagInvalid(`unknown annotation type ${goQuote(name)}`);
  return platform === undefined ? { level } : { level, platform: readPlatform(platform, host) };
}

function readPlatform(text: string, host: HostNames): Platform {
  try {
    return readSpecifier(text, host);
  } catch (cause) {
    if (!isProblem(cause)) throw cause;
    throw buildFlagInvalid(`invalid platform ${goQuote(text)}: ${cause.message}`, cause);
  }
}

/** The exporter's attribute for an annotation. */
export function annotationAttribute({ key, value, level, platform }: Annotation): [name: string, value: string] {
  if (level === undefined) return [`annotation.${key}`, value];
  const where = platform !== undefined && level.startsWith("manifest") ? `[${formatPlatform(platform)}]` : "";
  return [`annotation-${level}${where}.${key}`, value];
}
