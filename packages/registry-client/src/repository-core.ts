import type { Session } from "./session.ts";

/** What all requests of a repository share. */
export interface RepositoryCore {
  readonly session: Session;
  /** What tokens are asked for: `repository:acme/app:pull,push`. */
  readonly scopes: readonly string[];
  /** The address of something of the repository: `blobs/sha256:…`. */
  url(path: string): URL;
}
