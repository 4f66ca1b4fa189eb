import { readFile } from "node:fs/promises";
import { messageOf, Problem } from "@opendepot/base";
import { type Environment, variable } from "../cli-context.ts";
import type { CliProblemCode } from "../problems.ts";

let isDone = false;

/**
 * Makes this process trust, besides Node's own authorities, those of the system and those in the file that
 * `SSL_CERT_FILE` names, as Go's programs do. For addresses that begin with https only: reading them takes a moment.
 *
 * @throws {Problem} `trust_file_invalid`
 */
export async function trustAuthorities(url: URL, environment: Environment): Promise<void> {
  if (url.protocol !== "https:" || isDone) return;
  const { getCACertificates, setDefaultCACertificates } = await import("node:tls");
  const file = variable(environment, "SSL_CERT_FILE");
  const given = file === undefined ? [] : [await readTrusted(file)];
  setDefaultCACertificates([...getCACertificates("default"), ...getCACertificates("system"), ...given]);
  isDone = true;
}

async function readTrusted(file: string): Promise<string> {
  try {
    const text = await readFile(file, "utf8");
    if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new Error("there is no certificate in it");
    return text;
  } catch (cause) {
    throw trustFileInvalid(file, cause);
  }
}

function trustFileInvalid(file: string, cause: unknown): Problem<CliProblemCode> {
  return new Problem("trust_file_invalid", `cannot use SSL_CERT_FILE=${file}: ${messageOf(cause)}`, {
    hint: "let it name a file with certificates in PEM, such as depot-server ca prints",
    cause,
  });
}
