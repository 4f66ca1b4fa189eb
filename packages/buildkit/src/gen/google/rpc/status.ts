// Generated from proto/google/rpc/status.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../../wire/message.ts";
import { Any } from "../protobuf/any.ts";

export interface Status {
  code: number;
  message: string;
  details: Any[];
}
export const Status: MessageType<Status> = message("google.rpc.Status", () => [
  [1, "code", "int32"],
  [2, "message", "string"],
  [3, "details", Any, "many"],
]);
