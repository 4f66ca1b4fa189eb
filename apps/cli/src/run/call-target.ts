import type { Call } from "@opendepot/buildflags";
import { callSubrequest, type SubrequestName, type SubrequestResult } from "@opendepot/buildkit";
import { type PartSolve, solvePart } from "./solve-part.ts";

/** What a frontend answered, and in which solve. */
export interface CallAnswer {
  readonly ref: string;
  readonly call: Call;
  readonly result: SubrequestResult;
}

/**
 * Asks a target's frontend something instead of building it.
 *
 * @throws {SolveError}; {@link Problem} `subrequest_result_invalid`
 */
export async function callTarget(solving: PartSolve, call: Call): Promise<CallAnswer> {
  let result: SubrequestResult | undefined;
  const { ref } = await solvePart({
    ...solving,
    isInternal: true,
    drive: async (gateway, request) => {
      result = await callSubrequest(gateway, call.method as SubrequestName, request);
      return undefined;
    },
  });
  if (result === undefined) throw new Error("a solve that was asked something ended without an answer");
  return { ref, call, result };
}
