// Generated from proto/moby/filesync/v1/filesync.proto by npm run generate. Not to be edited.
import { type Method, type MessageType, message } from "../../../../wire/message.ts";
import { Packet } from "../../../fsutil/types/wire.ts";

export interface BytesMessage {
  data: Uint8Array;
}
export const BytesMessage: MessageType<BytesMessage> = message("moby.filesync.v1.BytesMessage", () => [
  [1, "data", "bytes"],
]);

export const FileSync: {
  readonly diffCopy: Method<Packet, Packet>;
  readonly tarStream: Method<Packet, Packet>;
} = {
  diffCopy: { path: "/moby.filesync.v1.FileSync/DiffCopy", kind: "bidi", request: Packet, response: Packet },
  tarStream: { path: "/moby.filesync.v1.FileSync/TarStream", kind: "bidi", request: Packet, response: Packet },
};

export const FileSend: {
  readonly diffCopy: Method<BytesMessage, BytesMessage>;
} = {
  diffCopy: { path: "/moby.filesync.v1.FileSend/DiffCopy", kind: "bidi", request: BytesMessage, response: BytesMessage },
};
