import type { FetchedSource } from "@opendepot/buildkit";

/** An archive on the web by the name that the Dockerfile frontend gives it too, so that the engine fetches it once. */
export function archiveSource(url: string): FetchedSource & { readonly archiveName: string } {
  const archiveName = "context";
  return { identifier: url, attrs: { "http.filename": archiveName }, archiveName };
}
