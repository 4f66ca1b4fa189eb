import { createPrivateKey, type KeyObject } from "node:crypto";
import { messageOf } from "@opendepot/base";
import { sshKeyUnusable } from "../problems.ts";
import { parseOpenSshKey } from "./openssh-key.ts";

const OPENSSH = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----/;

/**
 * Reads a private key: OpenSSH's own format, PKCS #8, PKCS #1 or SEC 1. `path` names it in errors.
 *
 * @throws {Problem} `ssh_key_unusable`: encrypted, of an unsupported kind, or no key
 */
export function parsePrivateKey(text: string, path: string): KeyObject {
  try {
    const openSsh = OPENSSH.exec(text)?.[1];
    if (openSsh !== undefined) return parseOpenSshKey(Buffer.from(openSsh, "base64"));
  } catch (error) {
    throw sshKeyUnusable(path, messageOf(error));
  }
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw sshKeyUnusable(path, "it is encrypted");
  }
  if (!text.includes("PRIVATE KEY-----")) throw sshKeyUnusable(path, "it is not a private key");
  const key = readPem(text);
  if (!key) throw sshKeyUnusable(path, "it is not a private key");
  return key;
}

/** Undefined when it is none. OpenSSL's error says nothing that people understand. */
function readPem(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}
