import type { Authority, IssuedCertificate } from "@opendepot/gateway";

/** A build that never asks for its certificate must not hold it for ever. */
const MAX_KEPT = 1_000;

/** Which build, and until when its certificate is good. */
export interface CertifiedBuild {
  readonly buildId: string;
  readonly expiresAt: Date;
}

/**
 * The client certificates of builds, one for each however often it asks. A certificate takes some milliseconds to make,
 * so it is begun when the build is created and is there when the build asks for its builder. What is not kept, after a
 * restart or behind many others, is made again.
 */
export class BuildCertificates {
  readonly #authority: Pick<Authority, "issueClient">;
  readonly #kept = new Map<string, Promise<IssuedCertificate>>();

  constructor(authority: Pick<Authority, "issueClient">) {
    this.#authority = authority;
  }

  /** The build's certificate; begun now unless it was before. */
  async of({ buildId, expiresAt }: CertifiedBuild): Promise<IssuedCertificate> {
    const kept = this.#kept.get(buildId);
    if (kept) return await kept;
    const issuing = this.#authority.issueClient({ buildId, expiresAt });
    this.#kept.set(buildId, issuing);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    try {
      return await issuing;
    } catch (error) {
      this.#kept.delete(buildId);
      throw error;
    }
  }

  /** Begins a certificate for whoever asks later; its failure is theirs to see. */
  prepare(build: CertifiedBuild): void {
    this.of(build).catch(() => undefined);
  }

  /** The build has ended. */
  forget(buildId: string): void {
    this.#kept.delete(buildId);
  }
}
