import type { X509Certificate } from "node:crypto";

import { builderIdInvalid, buildIdInvalid } from "./problems.ts";

const SERVER_NAME_SUFFIX = ".builder.opendepot.internal";
const BUILDER_ID = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const BUILD_ID = /^[A-Za-z0-9_-]{1,128}$/;
const BUILD_URI_PREFIX = "spiffe://opendepot.internal/build/";

/**
 * The name under which a builder proves itself to clients: they send it as SNI and verify it.
 * It never appears in DNS; `.internal` is reserved for such names.
 *
 * @throws {Problem} `builder_id_invalid` when the id cannot be one label of a host name
 */
export function serverNameOf(builderId: string): string {
  if (!BUILDER_ID.test(builderId)) throw builderIdInvalid(builderId);
  return builderId + SERVER_NAME_SUFFIX;
}

/** The builder that a server name stands for, or undefined when it is not a builder's name. */
export function builderIdOf(serverName: string): string | undefined {
  const name = serverName.toLowerCase();
  if (!name.endsWith(SERVER_NAME_SUFFIX)) return undefined;
  const builderId = name.slice(0, -SERVER_NAME_SUFFIX.length);
  return BUILDER_ID.test(builderId) ? builderId : undefined;
}

/**
 * The SPIFFE ID by which a client certificate names its build.
 * https://spiffe.io/docs/latest/spiffe-specs/spiffe-id/
 *
 * @throws {Problem} `build_id_invalid`
 */
export function buildUriOf(buildId: string): string {
  if (!BUILD_ID.test(buildId)) throw buildIdInvalid(buildId);
  return BUILD_URI_PREFIX + buildId;
}

/** The build a client certificate was issued to, or undefined. The certificate's signature is the TLS layer's matter. */
export function buildIdOf(certificate: X509Certificate): string | undefined {
  const [name, ...others] = (certificate.subjectAltName ?? "").split(", ");
  const prefix = `URI:${BUILD_URI_PREFIX}`;
  if (others.length > 0 || !name?.startsWith(prefix)) return undefined;
  const buildId = name.slice(prefix.length);
  return BUILD_ID.test(buildId) ? buildId : undefined;
}
