const PASSED_ON = /^(?:(?:https?|no|all)_proxy|ssl_cert_(?:file|dir)|lang|lc_all|tz)$/i;

/**
 * The environment of engine processes: the proxies, certificates and locale of `env`, and nothing else,
 * since a server's environment holds secrets that builds must never come near.
 */
export function engineEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const passed = Object.entries(env).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined && PASSED_ON.test(entry[0]);
  });
  return { ...Object.fromEntries(passed), ...own };
}
