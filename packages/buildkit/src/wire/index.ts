export { Packet, Stat } from "../gen/fsutil/types/wire.ts";
export * from "../gen/moby/buildkit/v1/control.ts";
export { decode, encode } from "./codec.ts";
export {
  type Field,
  type Init,
  type MessageType,
  type Method,
  message,
  type ScalarKind,
  type ValueType,
} from "./message.ts";
export { WireError } from "./reader.ts";
