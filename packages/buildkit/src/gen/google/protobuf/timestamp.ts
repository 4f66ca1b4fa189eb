// Generated from proto/google/protobuf/timestamp.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../../wire/message.ts";

export interface Timestamp {
  seconds: bigint;
  nanos: number;
}
export const Timestamp: MessageType<Timestamp> = message("google.protobuf.Timestamp", () => [
  [1, "seconds", "int64"],
  [2, "nanos", "int32"],
]);
