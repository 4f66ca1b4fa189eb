/** A text of BuildKit that a person can act on, and what to do; `$1` stands for what the text names. */
type Hint = readonly [text: RegExp, hint: string];

/** The first that matches counts: what is more special comes first. */
const HINTS: readonly Hint[] = [
  [
    /unsupported frontend capability moby\.buildkit\.frontend\.contexts/,
    "named contexts need Dockerfile syntax 1.4 or newer: update the #syntax line or the builder",
  ],
  [/target stage "?([^" ]+)"? could not be found/, "--target names a stage of the Dockerfile: FROM … AS NAME"],
  [
    /"\/?\.git[^"]*": not found|failed to calculate checksum of ref .*\.git\b.*: not found/,
    "a git context comes without its .git folder: keep it with --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1; of a local folder, see that .dockerignore does not leave it out",
  ],
  [
    /failed to calculate checksum of ref .*: not found/,
    "check that the file exists in the context and that .dockerignore does not leave it out",
  ],
  [/secret (\S+): not found/, "give it with --secret id=$1,src=PATH or --secret id=$1,env=VARIABLE"],
  [/unset ssh forward key (\S+)/, "forward an agent or a key with --ssh $1"],
  [
    /Permission denied \(publickey/,
    "the builder asks for the repository with the keys of this machine: name one that may read it with --ssh default=PATH, or add it to the agent with ssh-add",
  ],
  [
    /granting entitlement (\S+) is not allowed|entitlement (\S+) is not allowed/,
    "this builder does not grant it; build without it",
  ],
  [/would crash on compression=(\S+)/, "use compression=zstd, or have the server run an engine that can"],
  [/exec format error/, "the base image is for another architecture: choose one for this builder's, or set --platform"],
  [
    /services aren't available|actions_id_token|artifactcache|unknown cache (?:im|ex)porter: "?gha/i,
    "remove --cache-from and --cache-to with type=gha: the builder keeps its own cache",
  ],
  [
    /unknown\/unknown/,
    "an attestation is taken for an image of the platform unknown/unknown: build it with --provenance=false",
  ],
  [
    /no space left on device/,
    "the builder's cache volume is full: depot cache reset empties it, and a smaller cache policy keeps it so",
  ],
  [
    /(?:docker\.(?:io|com)\b.*(?:401 Unauthorized|429 Too Many Requests))|toomanyrequests|pull rate limit|Docker Hub limits what/s,
    "Docker Hub limits how much is pulled without an account: log in with docker login on this machine, or take the image from public.ecr.aws/docker/library/",
  ],
  [
    /pull access denied|insufficient_scope|401 Unauthorized/,
    "log in to that registry with docker login on this machine: its credentials are used for the build",
  ],
  [
    /failed to mount|failed to create (?:temp dir|mount)|error mounting|parent snapshot \S+ does not exist|failed to get edge|missing descriptor handlers|mount callback failed|input\/output error/,
    "the builder's cache may be damaged: depot cache reset empties it; then build again",
  ],
  [
    /exit code: 137\b|cannot allocate memory|out of memory|keep-?\s?alive ping failed|signal: killed/i,
    "the machine may have run out of memory: give it more, or run fewer steps and compilers at the same time",
  ],
  [
    /error reading from server|no active session for|transport is closing/,
    "the connection to the builder broke: build again, steps that were done come from the cache",
  ],
  [
    /failed to resolve source metadata for|no such host|i\/o timeout/,
    "the builder, not this machine, fetches and pushes images: check that it can reach the registry",
  ],
];

/** The same for what a failed step itself has written. */
const LOG_HINTS: readonly Hint[] = [
  [
    /fatal: not a git repository/,
    "there is no .git folder in the build: keep that of a git context with --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1, and copy it into the stage",
  ],
];

/**
 * What to do about a failed build, where BuildKit's text tells.
 *
 * @param log the end of what its steps have written
 */
export function failureHint(message: string, log = ""): string | undefined {
  return findHint(HINTS, message) ?? findHint(LOG_HINTS, log);
}

function findHint(hints: readonly Hint[], message: string): string | undefined {
  for (const [text, hint] of hints) {
    const match = text.exec(message);
    if (match === null) continue;
    const named = match.slice(1).find((group) => group !== undefined);
    return hint.replaceAll("$1", named?.replace(/[:,]$/, "") ?? "");
  }
  return undefined;
}
