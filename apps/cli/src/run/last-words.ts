import type { StatusSink } from "@opendepot/buildkit";

/** Keeps the end of what steps write, on its way to a display. */
export interface LastWords extends StatusSink {
  /** The last few kilobytes of all steps together, in the order in which they came. */
  text(): string;
}

const MAX_BYTES = 4096;

/** Follows logs in front of `display`. */
export function createLastWords(display: StatusSink): LastWords {
  let kept: Uint8Array = new Uint8Array();
  return {
    update(status) {
      for (const { msg } of status.logs) {
        const end = msg.subarray(-MAX_BYTES);
        kept = Buffer.concat([kept.subarray(-(MAX_BYTES - end.length) || kept.length), end]);
      }
      display.update(status);
    },
    text: () => Buffer.from(kept).toString(),
  };
}
