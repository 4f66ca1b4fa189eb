import { readFile } from "node:fs/promises";
import { statAtOnce as stat, systemCodeOf } from "@opendepot/base";
import { Secrets } from "../gen/moby/buildkit/secrets/v1/secrets.ts";
import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import { secretFileMissing, secretTooLarge, secretUnreadable } from "./problems.ts";
import type { SessionService } from "./service.ts";
import { unary } from "./unary.ts";

/** What the engine's side of BuildKit accepts for one secret. */
export const MAX_SECRET_BYTES: number = 500 * 1024;

/**
 * A secret of a build and where its bytes come from.
 *
 * - `file`: read when the engine asks, so that it is what it is then.
 * - `env`: the value of the variable `name`; pass bytes where it may not be UTF-8.
 * - `value`: anything else.
 */
export type SecretSource =
  | { readonly id: string; readonly kind: "file"; readonly path: string }
  | { readonly id: string; readonly kind: "env"; readonly name: string; readonly value: string | Uint8Array }
  | { readonly id: string; readonly kind: "value"; readonly value: string | Uint8Array };

/**
 * Serves secrets by id, byte for byte. A later source of the same id replaces an earlier one. Calls for any other
 * id fail with `not_found`. BuildKit `session/secrets`, service `moby.buildkit.secrets.v1.Secrets`.
 *
 * @throws {Problem} `secret_file_missing`, `secret_unreadable`, `secret_too_large`
 */
export async function createSecrets(sources: readonly SecretSource[]): Promise<SessionService> {
  const byId = new Map(sources.map((source) => [source.id, source]));
  for (const source of byId.values()) await assertUsable(source);
  const getSecret = unary(Secrets.getSecret, async ({ id }) => {
    const source = byId.get(id);
    if (!source) throw new GrpcError(GrpcCode.notFound, `secret ${JSON.stringify(id)} not found`);
    return { data: await readSecret(source) };
  });
  return { name: "moby.buildkit.secrets.v1.Secrets", methods: { GetSecret: getSecret } };
}

async function assertUsable(source: SecretSource): Promise<void> {
  if (source.kind !== "file") {
    await readSecret(source);
    return;
  }
  const found = await stat(source.path).catch((error: unknown) => {
    throw fileProblem(source.id, source.path, error);
  });
  if (found.isDirectory()) throw secretUnreadable(source.id, source.path, systemError("EISDIR"));
  if (found.size > MAX_SECRET_BYTES) throw secretTooLarge(source.id, MAX_SECRET_BYTES);
}

async function readSecret(source: SecretSource): Promise<Uint8Array> {
  const data =
    source.kind === "file"
      ? await readFile(source.path).catch((error: unknown) => {
          throw fileProblem(source.id, source.path, error);
        })
      : Buffer.from(source.value);
  if (data.length > MAX_SECRET_BYTES) throw secretTooLarge(source.id, MAX_SECRET_BYTES);
  return data;
}

function fileProblem(id: string, path: string, error: unknown): Error {
  const code = systemCodeOf(error);
  return code === "ENOENT" || code === "ENOTDIR" ? secretFileMissing(id, path) : secretUnreadable(id, path, error);
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
