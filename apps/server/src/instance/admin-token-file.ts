import { join } from "node:path";

/** Where the first user's token is kept, for the server's own user to read. */
export function adminTokenFile(dataDir: string): string {
  return join(dataDir, "admin-token");
}
