import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Authority } from "@opendepot/gateway";
import { tlsFilesInvalid } from "../problems.ts";

/** What a TLS server proves itself with, as PEM. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

/** Where a server's certificate comes from. */
export type TlsSetting =
  | { readonly kind: "off" }
  /** Issued by the installation's own authority. */
  | { readonly kind: "own" }
  /** Kept by somebody else, who may renew them at any time. */
  | { readonly kind: "files"; readonly certFile: string; readonly keyFile: string };

/** Gives the certificate as it is now; asked at the start and now and then, since certificates end. */
export type TlsSource = () => Promise<TlsIdentity>;

/**
 * Where the one port's certificate comes from; undefined for cleartext.
 *
 * @param names what clients call this server: DNS names and IP addresses
 */
export function tlsSource(
  setting: TlsSetting,
  { authority, names }: { readonly authority: Authority; readonly names: readonly string[] },
): TlsSource | undefined {
  switch (setting.kind) {
    case "off":
      return undefined;
    case "own":
      return async () => {
        const { certPem, keyPem } = await authority.issueServer(...names);
        return { cert: certPem, key: keyPem };
      };
    case "files":
      return async () => {
        try {
          const [cert, key] = await Promise.all([
            readFile(setting.certFile, "utf8"),
            readFile(setting.keyFile, "utf8"),
          ]);
          createSecureContext({ cert, key }); // says what is wrong with them
          return { cert, key };
        } catch (error) {
          throw tlsFilesInvalid(setting, error);
        }
      };
  }
}
