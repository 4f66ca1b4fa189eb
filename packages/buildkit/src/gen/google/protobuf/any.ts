// Generated from proto/google/protobuf/any.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../../wire/message.ts";

export interface Any {
  typeUrl: string;
  value: Uint8Array;
}
export const Any: MessageType<Any> = message("google.protobuf.Any", () => [
  [1, "typeUrl", "string"],
  [2, "value", "bytes"],
]);
