import { Secret } from "@opendepot/base";
import { DEFAULT_UPSTREAMS, type ImportedArchive, type MirrorStats, parseUpstreamHost } from "@opendepot/mirror";
import type { ControlMethods } from "../instance/control-socket.ts";
import { argumentInvalid, organizationNotFound } from "../problems.ts";
import type { OrganizationStore } from "../store/organizations.ts";
import type { BuilderMirror } from "./builder-mirror.ts";

/** An upstream that an administrator adds. */
export interface AddedUpstream {
  readonly host: string;
  /** Id or name; undefined: for everybody. */
  readonly organization?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly allowsPrivate: boolean;
  readonly isPlainHttp: boolean;
  readonly tokenHost?: string | undefined;
}

/** An upstream as it is listed: with whose login, but without the password. */
export interface ListedUpstream {
  readonly host: string;
  /** Its name, or empty for everybody. */
  readonly organization: string;
  readonly username: string;
  readonly isUsual: boolean;
  readonly allowsPrivate: boolean;
  readonly isPlainHttp: boolean;
}

/** The mirror as `depot-server mirror status` shows it. */
export interface MirrorReport {
  readonly isOn: boolean;
  readonly stats: MirrorStats;
  readonly imported: readonly string[];
}

/** What administrators do with the mirror, over the server's own socket. */
export function mirrorControl(
  { mirror, isOn }: Pick<BuilderMirror, "mirror" | "isOn">,
  organizations: Pick<OrganizationStore, "findByName" | "list">,
): ControlMethods {
  const idOf = async (organization: string | undefined): Promise<string> => {
    if (organization === undefined) return "";
    const found = await organizations.findByName(organization);
    if (!found) throw organizationNotFound(organization);
    return found.id;
  };
  return {
    "mirror-add": async (input) => {
      const { host, organization, username, password, tokenHost, ...how } = input as AddedUpstream;
      const isHalf = (username === undefined) !== (password === undefined);
      if (isHalf) throw argumentInvalid("half a login", "give --username and --password-stdin together");
      const login =
        username === undefined || password === undefined ? undefined : { username, password: new Secret(password) };
      await mirror.put({
        ...{ host: parseUpstreamHost(host), organization: await idOf(organization), login, tokenHost },
        ...{ allowsPrivate: how.allowsPrivate, isPlainHttp: how.isPlainHttp },
      });
      return {};
    },
    "mirror-rm": async (input) => {
      const { host, organization } = input as Pick<AddedUpstream, "host" | "organization">;
      return { isRemoved: await mirror.remove(parseUpstreamHost(host), await idOf(organization)) };
    },
    "mirror-list": async () => {
      const added = await mirror.list();
      const names = new Map(
        (await organizations.list(added.map((one) => one.organization))).map((o) => [o.id, o.name]),
      );
      const isChanged = (host: string): boolean => added.some((one) => one.host === host && one.organization === "");
      const usual = DEFAULT_UPSTREAMS.filter((host) => !isChanged(host)).map((host) => ({
        ...{ host, organization: "", username: "", isUsual: true, allowsPrivate: false, isPlainHttp: false },
      }));
      const own = added.map(({ host, organization, login, allowsPrivate, isPlainHttp }) => ({
        ...{ host, allowsPrivate, isPlainHttp, isUsual: false, username: login?.username ?? "" },
        organization: names.get(organization) ?? organization,
      }));
      return [...usual, ...own] satisfies ListedUpstream[];
    },
    "mirror-import": async (input): Promise<ImportedArchive> => {
      const { path, name } = input as { readonly path: string; readonly name?: string };
      return await mirror.import({ path, name });
    },
    "mirror-forget": async (input) => ({ isForgotten: await mirror.forget((input as { name: string }).name) }),
    "mirror-status": async () => {
      const imported = (await mirror.imported()).map(({ name }) => name);
      return { isOn, stats: mirror.stats(), imported } satisfies MirrorReport;
    },
  };
}
