import { AttestationKind } from "../gen/moby/buildkit/v1/frontend/gateway.ts";
import type { GatewayClient } from "./gateway-client.ts";
import type { GatewayAttestation } from "./gateway-result.ts";

/** What BuildKit itself takes of one statement. */
const MAX_STATEMENT_BYTES = 40 * 1024 * 1024;

/** More statements than any scanner writes. */
const MAX_STATEMENTS = 1_000;

/** The predicate of a bill of materials: in-toto attestation, predicates, SPDX. */
export const SPDX_PREDICATE = "https://spdx.dev/Document";

/** One statement that goes with a result. */
export interface AttestationFile {
  /** Without its folder; for instance `core.spdx.json`. */
  readonly name: string;
  /** An in-toto statement in a bundle, a bare predicate otherwise; JSON. */
  readonly data: Uint8Array;
}

/**
 * Reads the statements of an attestation, built first if need be: that of a scan of the result itself before those of
 * scans of what it was made of. None for one whose content the engine adds when it exports the result, as it does with
 * provenance. BuildKit: exporter/attestation/unbundle.go.
 *
 * @throws {Problem} `result_file_too_large`
 */
export async function readAttestation(
  gateway: GatewayClient,
  attestation: GatewayAttestation,
): Promise<readonly AttestationFile[]> {
  const { ref, kind, path, metadata } = attestation;
  if (!ref) return [];
  const read = async (name: string, file: string): Promise<AttestationFile> => ({
    name,
    data: await gateway.readFile(ref, file, { maxBytes: MAX_STATEMENT_BYTES }),
  });
  if (kind !== AttestationKind.Bundle) return [await read(path.slice(path.lastIndexOf("/") + 1), path)];
  const folder = path || "/";
  const entries = await gateway.readDir(ref, folder);
  const core = Buffer.from(metadata["sbom-core"] ?? []).toString("utf8");
  const names = entries
    .slice(0, MAX_STATEMENTS)
    .map((entry) => entry.path)
    .sort((a, b) => Number(b.split(".")[0] === core) - Number(a.split(".")[0] === core) || (a < b ? -1 : 1));
  const files: AttestationFile[] = [];
  for (const name of names) files.push(await read(name, `${folder.replace(/\/$/, "")}/${name}`));
  return files;
}
