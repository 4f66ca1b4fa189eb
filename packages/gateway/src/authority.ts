import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";

import { createKeyPair, KeyPool } from "./key-pool.ts";
import { buildUriOf } from "./names.ts";
import { authorityInvalid } from "./problems.ts";

/** A certificate and its private key, as PEM texts (PKCS #8 for the key). */
export interface KeyAndCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A certificate that was issued, with its end. */
export interface IssuedCertificate extends KeyAndCertificate {
  readonly expiresAt: Date;
}

/** Whom a client certificate is for. */
export interface ClientCertificateRequest {
  readonly buildId: string;
  /** When the certificate ends; 24 hours from now unless given. Never later than the authority itself. */
  readonly expiresAt?: Date | undefined;
}

/** Issues the certificates of one installation. Holds nothing that must be closed. */
export interface Authority {
  /** What both sides trust, as PEM. */
  readonly caPem: string;
  /**
   * A certificate by which a server proves its names, DNS names and IP addresses, at least one; valid for 30 days.
   * Builders have one name, {@link serverNameOf}.
   */
  issueServer(...names: readonly string[]): Promise<IssuedCertificate>;
  /**
   * A certificate by which a client proves that it acts for one build.
   *
   * @throws {Problem} `build_id_invalid`
   */
  issueClient(request: ClientCertificateRequest): Promise<IssuedCertificate>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const AUTHORITY_LIFETIME_MS = 3653 * DAY_MS;
const SERVER_LIFETIME_MS = 30 * DAY_MS;
const CLIENT_LIFETIME_MS = DAY_MS;
/** Certificates begin in the past, for peers whose clocks are behind ours. */
const CLOCK_SKEW_MS = 5 * MINUTE_MS;
const POOL_SIZE = 8;
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

/**
 * Makes a new authority (ECDSA P-256, ten years) for an installation. The result is to be stored where only
 * the server can read it, and given to {@link openAuthority}.
 */
export async function createAuthority(): Promise<KeyAndCertificate> {
  const x509 = await loadX509();
  const keys = await createKeyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: createSerial(),
    name: `CN=Open Depot authority ${randomBytes(4).toString("hex")}`,
    ...validity(Date.now() + AUTHORITY_LIFETIME_MS),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: certificate.toString("pem"), keyPem: await exportKey(keys.privateKey) };
}

/**
 * Makes a stored authority ready to issue.
 *
 * @throws {Problem} `authority_invalid` when the texts are not a certificate and its key
 */
export async function openAuthority(stored: KeyAndCertificate): Promise<Authority> {
  const x509 = await loadX509();
  const { certificate, signingKey } = await readAuthority(x509, stored);
  const authorityKeyId = await x509.AuthorityKeyIdentifierExtension.create(certificate);
  const pool = new KeyPool(POOL_SIZE);

  const issue = async (leaf: Leaf): Promise<IssuedCertificate> => {
    const keys = await pool.take();
    const expiresAt = new Date(Math.min(leaf.expiresAtMs, certificate.notAfter.getTime()));
    const issued = await x509.X509CertificateGenerator.create({
      serialNumber: createSerial(),
      issuer: certificate.subject,
      subject: leaf.subject,
      ...validity(expiresAt.getTime()),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: SIGNING,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[leaf.usage]]),
        new x509.SubjectAlternativeNameExtension([...leaf.names]),
        authorityKeyId,
      ],
    });
    return { certPem: issued.toString("pem"), keyPem: await exportKey(keys.privateKey), expiresAt };
  };

  return {
    caPem: stored.certPem,
    issueServer: (...names) =>
      issue({
        subject: "CN=Open Depot server",
        usage: "serverAuth",
        names: names.map((name) => ({ type: isIP(name) === 0 ? "dns" : "ip", value: name })),
        expiresAtMs: Date.now() + SERVER_LIFETIME_MS,
      }),
    issueClient: async ({ buildId, expiresAt }) =>
      await issue({
        subject: "CN=Open Depot build",
        usage: "clientAuth",
        names: [{ type: "url", value: buildUriOf(buildId) }],
        expiresAtMs: expiresAt?.getTime() ?? Date.now() + CLIENT_LIFETIME_MS,
      }),
  };
}

type X509 = typeof import("@peculiar/x509");

interface Leaf {
  readonly subject: string;
  readonly usage: "serverAuth" | "clientAuth";
  readonly names: ReadonlyArray<{ readonly type: "dns" | "ip" | "url"; readonly value: string }>;
  readonly expiresAtMs: number;
}

/** Loaded on first use: it takes longer than all the rest of this package, and clients of the names do not need it. */
async function loadX509(): Promise<X509> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

async function readAuthority(x509: X509, stored: KeyAndCertificate) {
  try {
    const certificate = new x509.X509Certificate(stored.certPem);
    const [der] = x509.PemConverter.decode(stored.keyPem);
    if (!der) throw new Error("no PEM block in the key");
    const signingKey = await webcrypto.subtle.importKey("pkcs8", der, { name: "ECDSA", namedCurve: "P-256" }, false, [
      "sign",
    ]);
    await assertPair(certificate, signingKey);
    return { certificate, signingKey };
  } catch (cause) {
    throw authorityInvalid(cause);
  }
}

async function assertPair(
  certificate: InstanceType<X509["X509Certificate"]>,
  signingKey: webcrypto.CryptoKey,
): Promise<void> {
  const probe = randomBytes(16);
  const publicKey = await certificate.publicKey.export(webcrypto);
  const signature = await webcrypto.subtle.sign(SIGNING, signingKey, probe);
  if (!(await webcrypto.subtle.verify(SIGNING, publicKey, signature, probe))) {
    throw new Error("the key does not belong to the certificate");
  }
}

function validity(endMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - CLOCK_SKEW_MS), notAfter: new Date(endMs) };
}

/** 126 random bits: positive and of full length, as RFC 5280 section 4.1.2.2 wants. */
function createSerial(): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial.toString("hex");
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  const lines = der.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
}
