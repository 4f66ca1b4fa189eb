import { BuildApi } from "@opendepot/api";
import type { Invocation } from "@opendepot/command";
import { buildColumns } from "../commands/list.ts";
import { projectMissing } from "../problems.ts";
import { ask } from "../terminal/confirm.ts";
import { renderList } from "../terminal/table.ts";
import type { ImageCommand } from "./open-images.ts";
import { buildMissing } from "./problems.ts";
import { imageColumns, listAllImages } from "./saved-list.ts";

/** So many images fit on a screen beside the question. */
const MAX_SHOWN = 20;

/**
 * The image that the command line names, or that the person chooses from what is saved. Where nobody can be asked, the
 * project's builds are printed as CSV, as the hosted product does.
 *
 * @throws {Problem} `build_missing`, `project_missing`
 */
export async function chooseImage(invocation: Invocation, command: ImageCommand): Promise<string> {
  const [named] = invocation.operands;
  if (named === "") throw buildMissing("build ID or tag must not be empty");
  if (named !== undefined) return named;
  const { server, context, projectId } = command;
  if (projectId === undefined) throw projectMissing();
  const { terminal, signal } = context;
  if (terminal.stdout.isTTY && terminal.stderr.isTTY) {
    const images = (await listAllImages({ ...command, projectId })).slice(0, MAX_SHOWN);
    if (images.length > 0) terminal.note(renderList(images, imageColumns, "table").trimEnd());
    const answer = (await ask("Build ID or tag: ", context))?.trim();
    if (answer) return answer;
    throw buildMissing("build ID or tag must be specified");
  }
  const { builds = [] } = await server.api.call(BuildApi.listBuilds, { projectId, pageSize: 100 }, { signal });
  terminal.print(renderList(builds, buildColumns, "csv"));
  throw buildMissing("build ID must be specified");
}
