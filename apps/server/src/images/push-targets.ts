import { kindOfAddress } from "@opendepot/registry-client";

/** Where the server may send saved images by itself. */
export type PushTargets =
  | { readonly kind: "any" }
  | {
      readonly kind: "listed";
      /** Whether addresses of the public Internet are among them. */
      readonly isPublicAllowed: boolean;
      /** `host` for each of its ports, or `host:port`. */
      readonly hosts: ReadonlySet<string>;
    };

/**
 * Whether the server may connect to `host`, which has its port, at `address`. An IPv6 address that holds an IPv4 one is
 * as good as that.
 */
export function mayPushTo(targets: PushTargets, host: string, address: string): boolean {
  const kind = kindOfAddress(address);
  if (kind === "never") return false;
  if (targets.kind === "any") return true;
  const name = host.replace(/:\d+$/, "");
  if (targets.hosts.has(host) || targets.hosts.has(name)) return true;
  return targets.isPublicAllowed && kind === "public";
}
