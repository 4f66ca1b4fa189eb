// Generated from proto/moby/upload/v1/upload.proto by npm run generate. Not to be edited.
import { type Method, type MessageType, message } from "../../../../wire/message.ts";

export interface BytesMessage {
  data: Uint8Array;
}
export const BytesMessage: MessageType<BytesMessage> = message("moby.upload.v1.BytesMessage", () => [
  [1, "data", "bytes"],
]);

export const Upload: {
  readonly pull: Method<BytesMessage, BytesMessage>;
} = {
  pull: { path: "/moby.upload.v1.Upload/Pull", kind: "bidi", request: BytesMessage, response: BytesMessage },
};
