import { Status } from "../gen/google/rpc/status.ts";
import { decode, encode } from "../wire/codec.ts";
import { GrpcCode, GrpcError, type StatusDetail } from "./grpc-error.ts";
import type { Metadata } from "./metadata.ts";

/**
 * What the trailers of a call say: undefined for OK, else the error.
 * Undefined `grpc-status` is the caller's to judge: see {@link hasStatus}.
 */
export function errorOfTrailers(trailers: Metadata): GrpcError | undefined {
  const code = Number(trailers.get("grpc-status"));
  if (code === GrpcCode.ok) return undefined;
  const message = decodeGrpcMessage(trailers.get("grpc-message") ?? "");
  const status = decodeStatusDetails(trailers.get("grpc-status-details-bin"));
  // The two texts may differ; the longer one is for people.
  const text = status && status.message.length > message.length ? status.message : message;
  return new GrpcError(Number.isInteger(code) && code > 0 ? code : GrpcCode.unknown, text, {
    details: status ? status.details.map(({ typeUrl, value }) => ({ typeUrl, value })) : [],
  });
}

/** Whether these headers or trailers end a call. */
export function hasStatus(headers: Metadata): boolean {
  return headers.get("grpc-status") !== undefined;
}

/** The trailers that tell `error`, or OK when it is undefined. */
export function trailersOf(error: GrpcError | undefined): Record<string, string> {
  if (!error) return { "grpc-status": "0" };
  const trailers: Record<string, string> = {
    "grpc-status": String(error.code === GrpcCode.ok ? GrpcCode.unknown : error.code),
    "grpc-message": encodeGrpcMessage(error.message),
  };
  if (error.details.length > 0) trailers["grpc-status-details-bin"] = encodeStatusDetails(error);
  return trailers;
}

/** Percent-encodes a message for the `grpc-message` header: grpc/grpc doc/PROTOCOL-HTTP2.md. */
export function encodeGrpcMessage(message: string): string {
  let encoded = "";
  for (const byte of Buffer.from(message.toWellFormed())) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Reads a `grpc-message` header; escapes that are none stay as they are. */
export function decodeGrpcMessage(header: string): string {
  if (!header.includes("%")) return header;
  const bytes = Buffer.from(header, "latin1");
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const hex = bytes[at] === 0x25 ? header.slice(at + 1, at + 3) : "";
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      bytes[length++] = Number.parseInt(hex, 16);
      at += 2;
    } else bytes[length++] = bytes[at] ?? 0;
  }
  return bytes.toString("utf8", 0, length);
}

/** Reads a `grpc-status-details-bin` header; undefined when there is none or it is broken, which must hide no error. */
function decodeStatusDetails(header: string | undefined): Status | undefined {
  if (header === undefined) return undefined;
  try {
    return decode(Status, Buffer.from(header, "base64"));
  } catch {
    return undefined;
  }
}

function encodeStatusDetails(error: GrpcError): string {
  const { code, message } = error;
  const details = error.details.map(({ typeUrl, value }: StatusDetail) => ({ typeUrl, value }));
  // Unpadded, as gRPC wants binary headers.
  return Buffer.from(encode(Status, { code, message, details })).toString("base64").replace(/=+$/, "");
}

/** The code that stands for an HTTP status other than 200: grpc/grpc doc/http-grpc-status-mapping.md. */
export function codeOfHttpStatus(status: number): GrpcCode {
  switch (status) {
    case 400:
      return GrpcCode.internal;
    case 401:
      return GrpcCode.unauthenticated;
    case 403:
      return GrpcCode.permissionDenied;
    case 404:
      return GrpcCode.unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcCode.unavailable;
    default:
      return GrpcCode.unknown;
  }
}

/** The code that stands for an HTTP/2 reset: grpc/grpc doc/PROTOCOL-HTTP2.md, "HTTP2 Transport Mapping". */
export function codeOfReset(http2Code: number): GrpcCode {
  switch (http2Code) {
    case 7: // REFUSED_STREAM
      return GrpcCode.unavailable;
    case 8: // CANCEL
      return GrpcCode.cancelled;
    case 11: // ENHANCE_YOUR_CALM
      return GrpcCode.resourceExhausted;
    case 12: // INADEQUATE_SECURITY
      return GrpcCode.permissionDenied;
    default:
      return GrpcCode.internal;
  }
}
