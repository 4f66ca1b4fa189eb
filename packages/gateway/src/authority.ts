import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

import { KeyPool } from "./key-pool.ts";
import { createSerial, type Issuer, type Leaf, signLeaf } from "./leaf-certificate.ts";
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
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

/**
 * Makes a new authority (ECDSA P-256, ten years) for an installation. The result is to be stored where only
 * the server can read it, and given to {@link openAuthority}.
 */
export async function createAuthority(): Promise<KeyAndCertificate> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: createSerial().toString("hex"),
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
  const { issuer, notAfter } = await readAuthority(await loadX509(), stored);
  const pool = new KeyPool(POOL_SIZE);

  const issue = async (
    leaf: Pick<Leaf, "commonName" | "usage" | "names">,
    endMs: number,
  ): Promise<IssuedCertificate> => {
    const { publicKey, privateKey } = await pool.take();
    const expiresAt = new Date(Math.min(endMs, notAfter.getTime()));
    const period = { notBefore: new Date(Date.now() - CLOCK_SKEW_MS), notAfter: expiresAt };
    const der = await signLeaf({ ...leaf, ...period, publicKey }, issuer);
    return { certPem: toPem(der, "CERTIFICATE"), keyPem: privateKey, expiresAt };
  };

  return {
    caPem: stored.certPem,
    issueServer: (...names) =>
      issue(
        {
          commonName: "Open Depot server",
          usage: "serverAuth",
          names: names.map((name) => ({ type: isIP(name) === 0 ? "dns" : "ip", value: name })),
        },
        Date.now() + SERVER_LIFETIME_MS,
      ),
    issueClient: async ({ buildId, expiresAt }) =>
      await issue(
        { commonName: "Open Depot build", usage: "clientAuth", names: [{ type: "url", value: buildUriOf(buildId) }] },
        expiresAt?.getTime() ?? Date.now() + CLIENT_LIFETIME_MS,
      ),
  };
}

type X509 = typeof import("@peculiar/x509");

/** Loaded on first use: it takes longer than all the rest of this package, and clients of the names do not need it. */
async function loadX509(): Promise<X509> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

async function readAuthority(x509: X509, stored: KeyAndCertificate): Promise<{ issuer: Issuer; notAfter: Date }> {
  try {
    const certificate = new x509.X509Certificate(stored.certPem);
    const key = createPrivateKey(stored.keyPem);
    if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") throw new Error("the key is not of ECDSA P-256");
    if (!new X509Certificate(stored.certPem).checkPrivateKey(key)) {
      throw new Error("the key does not belong to the certificate");
    }
    const keyId = await x509.AuthorityKeyIdentifierExtension.create(certificate);
    const issuer = {
      key,
      name: new Uint8Array(certificate.subjectName.toArrayBuffer()),
      keyId: new Uint8Array(keyId.rawData),
    };
    return { issuer, notAfter: certificate.notAfter };
  } catch (cause) {
    throw authorityInvalid(cause);
  }
}

function validity(endMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - CLOCK_SKEW_MS), notAfter: new Date(endMs) };
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return toPem(Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)), "PRIVATE KEY");
}

function toPem(der: Buffer, label: string): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
