// Generated from proto/google/protobuf/field_mask.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../../wire/message.ts";

export interface FieldMask {
  paths: string[];
}
export const FieldMask: MessageType<FieldMask> = message("google.protobuf.FieldMask", () => [
  [1, "paths", "string", "many"],
]);
