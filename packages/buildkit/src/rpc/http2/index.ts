export { Flag, FrameType, PREFACE } from "./constants.ts";
export { type Frame, FrameReader, type FrameSink } from "./frame-reader.ts";
export { HeaderBlock } from "./header-block.ts";
export { HeaderDecoder } from "./header-decoder.ts";
