import { S3Client } from "@aws-sdk/client-s3";
import type { ResolvedS3Options } from "./options.ts";

const CONNECT_MS = 5_000;
/** A socket on which nothing moves. Reading a blob ends then, too: also when it is our side that does not read. */
const IDLE_MS = 120_000;
const ATTEMPTS = 4;
/** Each blob that is being read holds one. */
const MAX_SOCKETS = 1_024;

/** Opens the SDK's client as other stores than Amazon's like it, too. */
export function openClient(options: ResolvedS3Options, endpoint: URL | undefined = options.endpoint): S3Client {
  const { credentials } = options;
  const client = new S3Client({
    region: options.region,
    forcePathStyle: options.forcePathStyle,
    ...(endpoint ? { endpoint: endpoint.href } : {}),
    ...(credentials ? { credentials: plainCredentials(credentials) } : {}),
    maxAttempts: ATTEMPTS,
    // Newer checksums than the protocol asks for are not understood everywhere.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // With it the SDK opens a new connection for every part.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: IDLE_MS,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  });
  leaveBodiesToTls(client);
  return client;
}

function plainCredentials({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: NonNullable<ResolvedS3Options["credentials"]>) {
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken ? { sessionToken: sessionToken.reveal() } : {}),
  };
}

/** The signature covers a hash of the body. Where TLS protects it anyway, that would only be the second hash of each byte. */
function leaveBodiesToTls(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { protocol?: string; body?: unknown; headers: Record<string, string> };
      if (request.protocol === "https:" && request.body instanceof Uint8Array) {
        request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
      }
      return next(args);
    },
    { step: "build", name: "leaveBodiesToTls", priority: "low" },
  );
}
