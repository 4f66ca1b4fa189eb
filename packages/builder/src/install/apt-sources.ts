import { access } from "node:fs/promises";
import { runCommand } from "../host/command.ts";
import { engineInstallFailed } from "../problems.ts";
import type { Distribution } from "./distribution.ts";

/** A place that packages come from, as a line of sources.list(5) names it. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/** How apt's tools are run. */
export interface AptRunOptions {
  /** The value of PATH. */
  readonly path: string;
  /** The environment to take proxies from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * The machine's own sources, as its apt understands them in all their forms, without those of other parties.
 *
 * @throws {Problem} `engine_install_failed` when there are none
 */
export async function systemSources(of: Distribution, options: AptRunOptions): Promise<readonly AptSource[]> {
  const format = "$(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)";
  const listing = await runCommand("apt-get", ["indextargets", "--no-release-info", "--format", format], {
    ...options,
    env: aptEnvironment(options),
  });
  const sources = parseIndexTargets(listing).filter(({ suite }) => isSuiteOf(suite, of));
  if (sources.length > 0) return sources;
  throw engineInstallFailed(`apt has no sources for ${of.id} ${of.codename}`, {
    hint: "add the distribution's own sources to /etc/apt and try again",
  });
}

/** Reads lines of `$(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)`; targets other than `Packages` are left out. */
export function parseIndexTargets(listing: string): readonly AptSource[] {
  const components = new Map<string, Set<string>>();
  for (const line of listing.split("\n")) {
    const [createdBy, uri, suite, component] = line.trim().split(" ");
    if (createdBy !== "Packages" || !uri || !suite || !component) continue;
    const place = `${uri} ${suite}`;
    components.set(place, (components.get(place) ?? new Set()).add(component));
  }
  return [...components].map(([place, names]) => {
    const [uri = "", suite = ""] = place.split(" ");
    return { uri, suite, components: [...names] };
  });
}

/**
 * Where another suite of the same distribution is to be had: at the mirror that serves the machine's own release.
 */
export function otherSuite(suite: string, own: readonly AptSource[], codename: string): readonly AptSource[] {
  const mirror = own.find((source) => source.suite === codename) ?? own.find(({ suite: name }) => !name.includes("-"));
  return mirror ? [{ uri: mirror.uri, suite, components: ["main"] }] : [];
}

/** The keyring that the distribution signs all its suites with; undefined leaves the choice to apt's own trust. */
export async function archiveKeyring(of: Distribution): Promise<string | undefined> {
  for (const ending of ["gpg", "pgp"]) {
    const file = `/usr/share/keyrings/${of.id}-archive-keyring.${ending}`;
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

/** The environment for apt's tools: untranslated, never asking. */
export function aptEnvironment(options: AptRunOptions): Record<string, string | undefined> {
  return { ...options.env, PATH: options.path, LC_ALL: "C.UTF-8", DEBIAN_FRONTEND: "noninteractive" };
}

function isSuiteOf(suite: string, { id, codename }: Distribution): boolean {
  const aliases = id === "debian" ? [codename, "stable", "testing", "unstable", "oldstable", "sid"] : [codename];
  return aliases.some((name) => suite === name || suite.startsWith(`${name}-`) || suite.startsWith(`${name}/`));
}
