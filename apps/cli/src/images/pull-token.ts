import { BuildApi } from "@opendepot/api";
import type { Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { projectMissing } from "../problems.ts";
import { openImages } from "./open-images.ts";

/** Runs `depot pull-token`: prints the token and nothing else. */
export async function runPullToken(invocation: Invocation, context: CliContext): Promise<number> {
  await using command = await openImages(invocation, context);
  const { server, projectId } = command;
  const [buildId = ""] = invocation.operands;
  if (projectId === undefined && buildId === "") throw projectMissing();
  // A build says itself which project it is of; the nearest depot.json may name another one.
  const isProjectMeant = buildId === "" || invocation.has("project");
  const request = { buildId, ...(isProjectMeant && projectId !== undefined && { projectId }) };
  const { token = "" } = await server.api.call(BuildApi.getPullToken, request, { signal: context.signal });
  context.terminal.print(`${token}\n`);
  return 0;
}
