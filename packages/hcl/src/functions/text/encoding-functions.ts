import { decodeBase64 } from "../core/base64.ts";
import { FunctionError, type FunctionTable } from "../core/function.ts";
import { textFunction } from "../core/text-function.ts";

/** Encodings: hashicorp/go-cty-funcs' `encoding`, and the names of buildx's `bake/hclparser/stdlib.go`. */
export const encodingFunctions: FunctionTable = {
  base64decode: textFunction(["str"], (str) => utf8Text(decodeBase64(str) ?? undecodable(str))),
  base64encode: textFunction(["str"], (str) => Buffer.from(str).toString("base64")),
  basename: textFunction(["path"], baseName),
  dirname: textFunction(["path"], directoryName),
  sanitize: textFunction(["name"], (name) => name.replace(/[^a-zA-Z0-9_-]/gu, "_")),
  urlencode: textFunction(["str"], encodeQuery),
};

function undecodable(str: string): never {
  throw new FunctionError(`failed to decode base64 data '${str}'`);
}

function utf8Text(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const message = "the result of decoding the the provided string is not valid UTF-8";
    throw new FunctionError(message, { cause: error });
  }
}

// Go's url.QueryEscape.
function encodeQuery(str: string): string {
  return encodeURIComponent(str.toWellFormed())
    .replaceAll("%20", "+")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The last element of a path: Go's `path.Base`. */
function baseName(path: string): string {
  if (path === "") return ".";
  const trimmed = path.replace(/\/+$/, "");
  return trimmed === "" ? "/" : trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/** All but the last element of a path, cleaned: Go's `path.Dir`. */
function directoryName(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf("/") + 1));
}

function cleanPath(path: string): string {
  const rooted = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!rooted) kept.push(part);
  }
  return (rooted ? "/" : "") + kept.join("/") || ".";
}
