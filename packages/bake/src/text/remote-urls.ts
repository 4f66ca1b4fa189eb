const SCP_STYLE = /^([a-zA-Z0-9\-_]+)@([a-zA-Z0-9\-.]+):(.*?)(?:\?(.*?))?(?:#(.*))?$/;
const PROTOCOL = /^([a-zA-Z0-9]+):\/\//;
const GIT_PROTOCOLS = ["http", "https", "ssh", "git"];

/** Whether a context or a word of the command line names an address rather than a folder: HTTP(S) or git. */
export function isRemoteUrl(text: string): boolean {
  return text.startsWith("https://") || text.startsWith("http://") || isGitReference(text);
}

/** Whether a text names a repository that is reached over SSH: buildx v0.36 util/buildflags `IsGitSSH`. */
export function isGitOverSsh(text: string): boolean {
  const protocol = PROTOCOL.exec(text)?.[1];
  if (protocol !== undefined) return protocol.toLowerCase() === "ssh" && isUrl(text);
  return isScpStyle(text);
}

/** BuildKit frontend/dockerfile/dfgitutil `ParseGitRef`, without its result. */
function isGitReference(text: string): boolean {
  if (text.startsWith("./") || text.startsWith("../")) return false;
  if (text.startsWith("github.com/")) return isUrl(text);
  const protocol = PROTOCOL.exec(text)?.[1]?.toLowerCase();
  if (protocol === undefined) return isScpStyle(text);
  return GIT_PROTOCOLS.includes(protocol) && isUrl(text);
}

function isScpStyle(text: string): boolean {
  const query = SCP_STYLE.exec(text)?.[4];
  return SCP_STYLE.test(text) && (query === undefined || hasValidEscapes(query));
}

/** Whether Go's `url.Parse` takes it. */
function isUrl(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that Go refuses.
  if (/[\x00-\x1f\x7f]/.test(text)) return false;
  const [main = "", fragment = ""] = text.split(/#(.*)/s);
  const [address = ""] = main.split("?");
  if (!hasValidEscapes(address) || !hasValidEscapes(fragment)) return false;
  const authority = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/]*)/.exec(address)?.[1];
  if (authority === undefined) return true;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return /^(?:\[[^\]]*\]|[^:[\]]*)(?::\d*)?$/.test(host) && !/[ "<>\\^`{|}]/.test(host);
}

function hasValidEscapes(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text);
}
