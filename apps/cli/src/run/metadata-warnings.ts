import { type ProgressDisplay, warningJson } from "@opendepot/buildkit";
import { type Environment, isSwitchedOn } from "../cli-context.ts";

/** The warnings that the metadata file is to have: those that were shown, when `BUILDX_METADATA_WARNINGS` asks for them. */
export function metadataWarnings({ warnings }: ProgressDisplay, environment: Environment): readonly object[] {
  return isSwitchedOn(environment, "BUILDX_METADATA_WARNINGS") ? warnings.map(warningJson) : [];
}
