import { SolveError } from "../errors.ts";
import { GrpcError } from "../rpc/grpc-error.ts";
import type { GatewayClient, GatewaySolveRequest } from "./gateway-client.ts";
import type { GatewayResult } from "./gateway-result.ts";
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
 * Frontends that answer requests which the Dockerfile's own, older one does not know.
 * buildx v0.36: build/build.go `fallbackPrintError`.
 */
const FALLBACK_FRONTENDS: ReadonlyMap<string, string> = new Map([
  ["lint", "docker/dockerfile:1.8.1@sha256:e87caa74dcb7d46cd820352bfea12591f3dba3ddc4285e19c7dcd13359f7cefd"],
  ["outline", "docker/dockerfile:1.7.1@sha256:a57df69d0ea827fb7266491f2813635de6f17269be881f696fbfdf2d83dda33e"],
  ["targets", "docker/dockerfile:1.7.1@sha256:a57df69d0ea827fb7266491f2813635de6f17269be881f696fbfdf2d83dda33e"],
]);

/**
 * Asks a frontend about what it would build, and builds nothing. Where an older frontend does not know a request that
 * younger ones do, one of those is asked.
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
  const asked = { ...frontendOpt, requestid: `frontend.${name}`, "frontend.caps": caps.join(",") };
  try {
    return readResult(name, await gateway.solve({ ...request, frontendOpt: asked }));
  } catch (error) {
    if (!(error instanceof GrpcError) || gateway.signal.aborted) throw error;
    const failure = new SolveError(error);
    const fallback = failure.facts.unsupportedSubrequest && FALLBACK_FRONTENDS.get(name);
    if (!fallback) throw failure;
    const frontend = { "build-arg:BUILDKIT_SYNTAX": fallback };
    const result = await gateway.solve({ ...request, frontendOpt: { ...asked, ...frontend } }).catch(() => {
      throw failure; // that the other one cannot be had, as without a way to its registry, would only puzzle
    });
    return readResult(name, result);
  }
}

function readResult(name: SubrequestName, { metadata }: GatewayResult): SubrequestResult {
  const textOf = (key: string): string => Buffer.from(metadata[key] ?? []).toString("utf8");
  const answer = { json: textOf("result.json"), text: textOf("result.txt"), version: textOf("version") };
  if (!answer.json && !answer.text) {
    throw subrequestResultInvalid(`frontend.${name}`, "it has neither result.json nor result.txt");
  }
  const statusCode = Number(textOf("result.statuscode") || "0");
  return { ...answer, statusCode: Number.isInteger(statusCode) ? statusCode : 0 };
}
