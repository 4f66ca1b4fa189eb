import { Flag, FRAME_HEADER_BYTES, FrameType } from "./constants.ts";

/** A frame's header, with room for `extraBytes` of payload behind it. */
export function frameHeader(
  frame: { readonly type: number; readonly flags: number; readonly streamId: number },
  length: number,
  extraBytes = 0,
): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES + extraBytes);
  header[0] = length >>> 16;
  header[1] = length >>> 8;
  header[2] = length;
  header[3] = frame.type;
  header[4] = frame.flags;
  header.writeUInt32BE(frame.streamId, 5);
  return header;
}

function numberFrame(type: number, streamId: number, value: number): Buffer {
  const frame = frameHeader({ type, flags: 0, streamId }, 4, 4);
  frame.writeUInt32BE(value, FRAME_HEADER_BYTES);
  return frame;
}

export function resetFrame(streamId: number, code: number): Buffer {
  return numberFrame(FrameType.rstStream, streamId, code);
}

export function windowUpdateFrame(streamId: number, bytes: number): Buffer {
  return numberFrame(FrameType.windowUpdate, streamId, bytes);
}

/** Settings as pairs of their numbers and values. */
export function settingsFrame(settings: ReadonlyArray<readonly [setting: number, value: number]>): Buffer {
  const length = settings.length * 6;
  const frame = frameHeader({ type: FrameType.settings, flags: 0, streamId: 0 }, length, length);
  for (const [index, [setting, value]] of settings.entries()) {
    frame.writeUInt16BE(setting, FRAME_HEADER_BYTES + 6 * index);
    frame.writeUInt32BE(value, FRAME_HEADER_BYTES + 6 * index + 2);
  }
  return frame;
}

export function settingsAckFrame(): Buffer {
  return frameHeader({ type: FrameType.settings, flags: Flag.ack, streamId: 0 }, 0);
}

export function pingAckFrame(payload: Uint8Array): Buffer {
  const frame = frameHeader({ type: FrameType.ping, flags: Flag.ack, streamId: 0 }, 8, 8);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

export function goAwayFrame(lastStreamId: number, code: number): Buffer {
  const frame = frameHeader({ type: FrameType.goAway, flags: 0, streamId: 0 }, 8, 8);
  frame.writeUInt32BE(lastStreamId, FRAME_HEADER_BYTES);
  frame.writeUInt32BE(code, FRAME_HEADER_BYTES + 4);
  return frame;
}

/** A header block in one HEADERS frame and as many CONTINUATION frames as the peer's frame size demands. */
export function headerFrames(
  block: Buffer,
  { streamId, isLast, maxFrameBytes }: { streamId: number; isLast: boolean; maxFrameBytes: number },
): Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  do {
    const piece = block.subarray(at, at + maxFrameBytes);
    at += piece.length;
    const isFirst = frames.length === 0;
    const type = isFirst ? FrameType.headers : FrameType.continuation;
    const flags = (isFirst && isLast ? Flag.endStream : 0) | (at === block.length ? Flag.endHeaders : 0);
    frames.push(frameHeader({ type, flags, streamId }, piece.length), piece);
  } while (at < block.length);
  return frames;
}
