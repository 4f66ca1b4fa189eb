import { ImageApi } from "@opendepot/api";
import type { Invocation } from "@opendepot/command";
import type { CliContext } from "../cli-context.ts";
import { openProjectImages } from "./open-images.ts";

/** Runs `depot image rm`. */
export async function runImageRemove(invocation: Invocation, context: CliContext): Promise<number> {
  await using command = await openProjectImages(invocation, context);
  const { server, projectId } = command;
  const imageTags = [...new Set(invocation.operands)];
  await server.api.call(ImageApi.deleteImage, { projectId, imageTags }, { signal: context.signal });
  for (const tag of imageTags) context.terminal.note(`removed ${tag} from project ${projectId}`);
  return 0;
}
