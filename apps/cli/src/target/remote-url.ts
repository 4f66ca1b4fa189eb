/** Hosts that are git repositories without saying so: BuildKit frontend/dockerfile/dfgitutil `ParseGitRef`. */
const GIT_HOST = /^(?:github\.com\/|git@)/;
const GIT_SCHEME = /^(?:git|ssh):\/\//;
/** An scp-like address: `user@host:path`. */
const SCP_LIKE = /^[a-zA-Z0-9-_]+@[a-zA-Z0-9-.]+:(?!\/\/).*/;
const HTTP = /^https?:\/\//;

/** Whether a context is fetched by the builder: buildx util/urlutil `IsRemoteURL`. */
export function isRemoteUrl(text: string): boolean {
  return HTTP.test(text) || isGitUrl(text);
}

/** Whether a context is a git repository. HTTP addresses are when their path ends in `.git`. */
export function isGitUrl(text: string): boolean {
  if (GIT_SCHEME.test(text) || GIT_HOST.test(text) || SCP_LIKE.test(text)) return true;
  return HTTP.test(text) && /\.git(?:[?#].*)?$/.test(text);
}

/** Whether the repository is reached over SSH, so that the person's agent is wanted: buildx `IsGitSSH`. */
export function isGitOverSsh(text: string): boolean {
  return text.startsWith("ssh://") || SCP_LIKE.test(text);
}

/** Whether a git address says what it wants in its query: `?branch=…&subdir=…`. */
export function hasGitQuery(text: string): boolean {
  return isGitUrl(text) && /\?[^#]/.test(text);
}
