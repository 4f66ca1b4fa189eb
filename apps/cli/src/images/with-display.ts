import type { StatusSink } from "@opendepot/buildkit";
import type { Invocation } from "@opendepot/command";
import { resolveProgress } from "../build/progress-mode.ts";
import type { CliContext } from "../cli-context.ts";
import { openDisplay } from "../run/engine-side.ts";

/** Does `work` with a display of its progress on stderr, in the mode that `--progress` names. */
export async function withDisplay<T>(
  invocation: Invocation,
  context: CliContext,
  work: (display: StatusSink) => Promise<T>,
): Promise<T> {
  const { progress } = resolveProgress(invocation, context.environment);
  await using display = await openDisplay(progress, context);
  try {
    const result = await work(display);
    await display.finish();
    return result;
  } catch (error) {
    await display.finish(error);
    throw error;
  }
}
