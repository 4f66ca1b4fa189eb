import type { StatusResponse } from "../gen/moby/buildkit/v1/control.ts";
import { cleanLine, cleanText } from "./control-chars.ts";
import { failedSteps } from "./failed-steps.ts";
import { Pace } from "./pace.ts";
import { PlainPrinter } from "./plain-printer.ts";
import type { Renderer, RendererContext } from "./renderer.ts";
import { BuildStatus } from "./status.ts";
import type { Step } from "./step.ts";

/** Between two looks at what is to be printed; steps that end together are then printed in order. */
const intervalMs = 100;

/**
 * Plain text, the same whatever reads it: lines `#5 …` as `docker buildx build --progress=plain` prints them
 * (BuildKit util/progress/progressui/printer.go).
 *
 * Log lines pass as they are, as text in UTF-8, colours and carriage returns included. Where the reader is a terminal,
 * everything but these that could control it is taken out.
 */
export function createRenderer(context: RendererContext): Renderer {
  const { output, clock, isTerminal, maxNameChars, description } = context;
  const status = new BuildStatus();
  const printer = new PlainPrinter({ isTerminal, maxNameChars });
  const pace = new Pace(clock, intervalMs, () => {
    output.write(printer.print(clock.now().getTime()));
    if (printer.isBehind) pace.request();
  });
  if (description) output.write(`#0 ${cleanLine(description)}\n\n`);
  return {
    update(response: StatusResponse): void {
      const nowMs = clock.now().getTime();
      for (const step of status.apply(response, nowMs)) printer.note(step, nowMs);
      pace.request();
    },
    finish(): void {
      const linesOf = (step: Step): readonly string[] => printer.lastLines(step).map((line) => shown(line, isTerminal));
      output.write(printer.finish());
      output.write(failedSteps(status.steps, linesOf));
      pace.stop();
    },
  };
}

function shown(line: string, isTerminal: boolean): string {
  return isTerminal ? cleanText(line, { keepColors: true, keepReturns: true }) : line;
}
