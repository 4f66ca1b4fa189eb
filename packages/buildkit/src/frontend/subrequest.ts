import { SolveError } from "../errors.ts";
import { GrpcError } from "../rpc/grpc-error.ts";
import type { GatewayClient, GatewaySolveRequest } from "./gateway-client.ts";
import { subrequestResultInvalid } from "./problems.ts";

/** Lets a frontend that was named by `# syntax=` get the request, too. BuildKit: frontend/gateway/gateway.go. */
const FORWARD_CAPABILITY = "moby.buildkit.frontend.subrequests+forward";

/** What a frontend can be asked instead of a build. Frontends may know more. */
export type SubrequestName = "lint" | "outline" | "targets" | "subrequests.describe" | (string & {});

/** A frontend's answer to a subrequest. BuildKit: frontend/subrequests. */
export interface SubrequestResult {
  /** The answer as JSON; empty when the frontend gave none. */
  readonly json: string;
  /** The same as the frontend itself prints it; empty when it gave none. */
  readonly text: string;
  /** Of the answer's form, for instance `1.0.0`; empty when unknown. */
  readonly version: string;
  /** The exit code that the answer asks for: 1 when `lint` has found something. */
  readonly statusCode: number;
}

/**
 * Asks a frontend about what it would build, and builds nothing.
 *
 * @throws {SolveError} with `facts.unsupportedSubrequest` when the frontend does not know the request
 * @throws {Problem} `subrequest_result_invalid`
 */
export async function callSubrequest(
  gateway: GatewayClient,
  name: SubrequestName,
  request: GatewaySolveRequest,
): Promise<SubrequestResult> {
  const { frontendOpt = {} } = request;
  const caps = [frontendOpt["frontend.caps"], FORWARD_CAPABILITY].filter((value) => value !== undefined);
  const requestId = `frontend.${name}`;
  const { metadata } = await gateway
    .solve({ ...request, frontendOpt: { ...frontendOpt, requestid: requestId, "frontend.caps": caps.join(",") } })
    .catch((error: unknown) => {
      throw error instanceof GrpcError && !gateway.signal.aborted ? new SolveError(error) : error;
    });
  const textOf = (key: string): string => Buffer.from(metadata[key] ?? []).toString("utf8");
  const answer = { json: textOf("result.json"), text: textOf("result.txt"), version: textOf("version") };
  if (!answer.json && !answer.text)
    throw subrequestResultInvalid(requestId, "it has neither result.json nor result.txt");
  const statusCode = Number(textOf("result.statuscode") || "0");
  return { ...answer, statusCode: Number.isInteger(statusCode) ? statusCode : 0 };
}
