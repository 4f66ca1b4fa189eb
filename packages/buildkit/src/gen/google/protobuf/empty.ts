// Generated from proto/google/protobuf/empty.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../../wire/message.ts";

export type Empty = Record<never, never>;
export const Empty: MessageType<Empty> = message("google.protobuf.Empty", () => []);
