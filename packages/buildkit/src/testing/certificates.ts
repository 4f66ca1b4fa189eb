import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { ClientTls } from "../endpoint.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR_MS = 3_600_000;

/** A key with its certificate, as PEM. */
export interface KeyPem {
  readonly cert: string;
  readonly key: string;
}

/** An authority for one test, which signs servers and clients. */
export interface TestAuthority {
  readonly ca: string;
  issue(name: string): Promise<KeyPem>;
  /** What a client needs that trusts this authority and was signed by it. */
  clientTls(serverName: string): Promise<ClientTls>;
}

/** Makes an authority whose certificates are good for an hour. */
export async function createTestAuthority(): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity("CN=test authority"),
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  const issue = async (name: string): Promise<KeyPem> => {
    const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const cert = await x509.X509CertificateGenerator.create({
      ...validity(`CN=${name}`),
      issuer: root.subject,
      publicKey: pair.publicKey,
      signingKey: keys.privateKey,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }])],
    });
    const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    return { cert: cert.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
  };
  const ca = root.toString("pem");
  return { ca, issue, clientTls: async (serverName) => ({ ca, serverName, ...(await issue("client")) }) };
}

interface Validity {
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly signingAlgorithm: typeof ALGORITHM;
}

function validity(subject: string): Validity {
  const now = Date.now();
  return {
    subject,
    notBefore: new Date(now - HOUR_MS),
    notAfter: new Date(now + HOUR_MS),
    signingAlgorithm: ALGORITHM,
  };
}
