/** Texts of BuildKit that a person can act on, and what to do. */
const HINTS: ReadonlyArray<readonly [text: RegExp, hint: string]> = [
  [
    /unsupported frontend capability moby\.buildkit\.frontend\.contexts/,
    "named contexts need Dockerfile syntax 1.4 or newer: update the #syntax line or the builder",
  ],
  [/target stage "?([^" ]+)"? could not be found/, "--target names a stage of the Dockerfile: FROM … AS NAME"],
  [
    /failed to calculate checksum of ref .*: not found/,
    "check that the file exists in the context and that .dockerignore does not leave it out",
  ],
  [/secret (\S+): not found/, "give it with --secret id=$1,src=PATH or --secret id=$1,env=VARIABLE"],
  [/unset ssh forward key (\S+)/, "forward an agent or a key with --ssh $1"],
  [
    /granting entitlement (\S+) is not allowed|entitlement (\S+) is not allowed/,
    "this builder does not grant it; build without it",
  ],
  [/exec format error/, "the base image is for another architecture: choose one for this builder's, or set --platform"],
  [
    /no space left on device/,
    "the builder's cache volume is full: depot cache reset empties it, and a smaller cache policy keeps it so",
  ],
  [
    /pull access denied|insufficient_scope|401 Unauthorized/,
    "log in to that registry with docker login on this machine: its credentials are used for the build",
  ],
  [
    /failed to resolve source metadata for|no such host|i\/o timeout/,
    "the builder, not this machine, fetches images: check that it can reach the registry",
  ],
];

/** What to do about a failed build, where BuildKit's text tells. */
export function failureHint(message: string): string | undefined {
  for (const [text, hint] of HINTS) {
    const match = text.exec(message);
    if (match)
      return hint.replaceAll(
        "$1",
        match
          .slice(1)
          .find((group) => group !== undefined)
          ?.replace(/[:,]$/, "") ?? "",
      );
  }
  return undefined;
}
