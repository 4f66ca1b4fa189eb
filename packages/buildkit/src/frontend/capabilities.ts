import type { APICap } from "../gen/moby/buildkit/v1/apicaps/caps.ts";
import { engineTooOld } from "./problems.ts";

/** Capabilities of the gateway API that are looked at here. BuildKit: frontend/gateway/pb/caps.go. */
export type GatewayCapability =
  | "return"
  | "returnmap"
  | "proto.refarray"
  | "readfile"
  | "readdir"
  | "statfile"
  | "frontend.inputs"
  | "frontend.caps"
  | "gateway.solve.evaluate"
  | "gateway.evaluate"
  | "reference.output"
  | "reference.attestations";

/** What an engine told it can do. */
export class Capabilities {
  readonly #enabled: ReadonlySet<string>;

  constructor(caps: readonly APICap[]) {
    this.#enabled = new Set(caps.filter(({ enabled }) => enabled).map(({ id }) => id));
  }

  has(id: GatewayCapability): boolean {
    return this.#enabled.has(id);
  }

  /** @throws {Problem} `engine_too_old` */
  require(id: GatewayCapability): void {
    if (!this.has(id)) throw engineTooOld(id);
  }
}
