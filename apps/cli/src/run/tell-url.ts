import { type CliContext, isSwitchedOn } from "../cli-context.ts";
import type { Lease } from "./lease.ts";

/** Says where the build can be seen, unless `DEPOT_NO_SUMMARY_LINK` is set. */
export function tellUrl({ url }: Lease, { environment, terminal }: CliContext): void {
  if (url === undefined || isSwitchedOn(environment, "DEPOT_NO_SUMMARY_LINK")) return;
  terminal.note(`\n${terminal.style("bold", "Build summary:")} ${url}`);
}
