import type { Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { printList, resolveListFormat } from "../commands/common-flags.ts";
import { openProjectImages } from "./open-images.ts";
import { imageColumns, imageFields, listAllImages } from "./saved-list.ts";

/** Runs `depot image list`. */
export async function runImageList(invocation: Invocation, context: CliContext): Promise<number> {
  const format = resolveListFormat(invocation, context);
  await using command = await openProjectImages(invocation, context);
  const rows = await listAllImages(command);
  const none = `project ${command.projectId} has no saved images`;
  printList(context, format, { rows, columns: format === "table" ? imageColumns : imageFields, none });
  return 0;
}
