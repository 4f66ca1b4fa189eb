import type { StatusSink } from "@opendepot/buildkit";
import type { Invocation } from "@opendepot/command";
import { formatFamiliar, formatPlatform, parsePlatform } from "@opendepot/oci";
import type { CliContext } from "../cli-context.ts";
import { openLocalDocker } from "../load/index.ts";
import { Turns } from "../run/turns.ts";
import { chooseImage } from "./choose-image.ts";
import { findSavedImages } from "./find-images.ts";
import { localNames } from "./local-names.ts";
import { openImages } from "./open-images.ts";
import { pullImage } from "./pull-image.ts";
import { withDisplay } from "./with-display.ts";

/** As many at the same time as the hosted product pulls. */
const PULLS_AT_ONCE = 3;

/** Runs `depot pull`. */
export async function runPull(invocation: Invocation, context: CliContext): Promise<number> {
  const { signal, terminal } = context;
  const asked = invocation.text("platform") || undefined;
  const platform = asked === undefined ? undefined : parsePlatform(asked, context.host);
  await using command = await openImages(invocation, context);
  const name = await chooseImage(invocation, command);
  await using local = await openLocalDocker(context, undefined); // before the server is asked for anything
  const docker = { ...local, platform: platform ?? local.platform, asked: platform && formatPlatform(platform) };
  const images = await findSavedImages(name, invocation.list("target"), command);
  const tags = invocation.list("tag");
  const turns = new Turns(PULLS_AT_ONCE);
  const pulled = await withDisplay(invocation, context, async (display: StatusSink) => {
    const stop = new AbortController();
    const pulls = images.map(async (image) => {
      const names = localNames(image, { tags, isOneOfSeveral: images.length > 1 });
      const own = AbortSignal.any([signal, stop.signal]);
      await turns.take(() => pullImage({ image, names, docker, display, server: command.server, signal: own }));
      return names;
    });
    try {
      return await Promise.all(pulls);
    } catch (error) {
      stop.abort(error);
      await Promise.allSettled(pulls);
      throw error;
    }
  });
  for (const names of pulled) terminal.note(`pulled ${names.map(formatFamiliar).join(", ")}`);
  return 0;
}
