// Generated from proto/containerd/services/content/v1/content.proto by npm run generate. Not to be edited.
import { type Method, type MessageType, message } from "../../../../../wire/message.ts";
import { Empty } from "../../../../google/protobuf/empty.ts";
import { FieldMask } from "../../../../google/protobuf/field_mask.ts";
import { Timestamp } from "../../../../google/protobuf/timestamp.ts";

export const WriteAction = {
  STAT: 0,
  WRITE: 1,
  COMMIT: 2,
} as const;
export type WriteAction = number;

export interface Info {
  digest: string;
  size: bigint;
  createdAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
  labels: Record<string, string>;
}
export const Info: MessageType<Info> = message("containerd.services.content.v1.Info", () => [
  [1, "digest", "string"],
  [2, "size", "int64"],
  [3, "createdAt", Timestamp],
  [4, "updatedAt", Timestamp],
  [5, "labels", "string", "map", "string"],
]);

export interface InfoRequest {
  digest: string;
}
export const InfoRequest: MessageType<InfoRequest> = message("containerd.services.content.v1.InfoRequest", () => [
  [1, "digest", "string"],
]);

export interface InfoResponse {
  info?: Info | undefined;
}
export const InfoResponse: MessageType<InfoResponse> = message("containerd.services.content.v1.InfoResponse", () => [
  [1, "info", Info],
]);

export interface UpdateRequest {
  info?: Info | undefined;
  updateMask?: FieldMask | undefined;
}
export const UpdateRequest: MessageType<UpdateRequest> = message("containerd.services.content.v1.UpdateRequest", () => [
  [1, "info", Info],
  [2, "updateMask", FieldMask],
]);

export interface ListContentRequest {
  filters: string[];
}
export const ListContentRequest: MessageType<ListContentRequest> = message("containerd.services.content.v1.ListContentRequest", () => [
  [1, "filters", "string", "many"],
]);

export interface ListContentResponse {
  info: Info[];
}
export const ListContentResponse: MessageType<ListContentResponse> = message("containerd.services.content.v1.ListContentResponse", () => [
  [1, "info", Info, "many"],
]);

export interface DeleteContentRequest {
  digest: string;
}
export const DeleteContentRequest: MessageType<DeleteContentRequest> = message("containerd.services.content.v1.DeleteContentRequest", () => [
  [1, "digest", "string"],
]);

export interface ReadContentRequest {
  digest: string;
  offset: bigint;
  size: bigint;
}
export const ReadContentRequest: MessageType<ReadContentRequest> = message("containerd.services.content.v1.ReadContentRequest", () => [
  [1, "digest", "string"],
  [2, "offset", "int64"],
  [3, "size", "int64"],
]);

export interface ReadContentResponse {
  offset: bigint;
  data: Uint8Array;
}
export const ReadContentResponse: MessageType<ReadContentResponse> = message("containerd.services.content.v1.ReadContentResponse", () => [
  [1, "offset", "int64"],
  [2, "data", "bytes"],
]);

export interface Status {
  startedAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
  ref: string;
  offset: bigint;
  total: bigint;
  expected: string;
}
export const Status: MessageType<Status> = message("containerd.services.content.v1.Status", () => [
  [1, "startedAt", Timestamp],
  [2, "updatedAt", Timestamp],
  [3, "ref", "string"],
  [4, "offset", "int64"],
  [5, "total", "int64"],
  [6, "expected", "string"],
]);

export interface StatusRequest {
  ref: string;
}
export const StatusRequest: MessageType<StatusRequest> = message("containerd.services.content.v1.StatusRequest", () => [
  [1, "ref", "string"],
]);

export interface StatusResponse {
  status?: Status | undefined;
}
export const StatusResponse: MessageType<StatusResponse> = message("containerd.services.content.v1.StatusResponse", () => [
  [1, "status", Status],
]);

export interface ListStatusesRequest {
  filters: string[];
}
export const ListStatusesRequest: MessageType<ListStatusesRequest> = message("containerd.services.content.v1.ListStatusesRequest", () => [
  [1, "filters", "string", "many"],
]);

export interface ListStatusesResponse {
  statuses: Status[];
}
export const ListStatusesResponse: MessageType<ListStatusesResponse> = message("containerd.services.content.v1.ListStatusesResponse", () => [
  [1, "statuses", Status, "many"],
]);

export interface WriteContentRequest {
  action: WriteAction;
  ref: string;
  total: bigint;
  expected: string;
  offset: bigint;
  data: Uint8Array;
  labels: Record<string, string>;
}
export const WriteContentRequest: MessageType<WriteContentRequest> = message("containerd.services.content.v1.WriteContentRequest", () => [
  [1, "action", "enum"],
  [2, "ref", "string"],
  [3, "total", "int64"],
  [4, "expected", "string"],
  [5, "offset", "int64"],
  [6, "data", "bytes"],
  [7, "labels", "string", "map", "string"],
]);

export interface WriteContentResponse {
  action: WriteAction;
  startedAt?: Timestamp | undefined;
  updatedAt?: Timestamp | undefined;
  offset: bigint;
  total: bigint;
  digest: string;
}
export const WriteContentResponse: MessageType<WriteContentResponse> = message("containerd.services.content.v1.WriteContentResponse", () => [
  [1, "action", "enum"],
  [2, "startedAt", Timestamp],
  [3, "updatedAt", Timestamp],
  [4, "offset", "int64"],
  [5, "total", "int64"],
  [6, "digest", "string"],
]);

export interface AbortRequest {
  ref: string;
}
export const AbortRequest: MessageType<AbortRequest> = message("containerd.services.content.v1.AbortRequest", () => [
  [1, "ref", "string"],
]);

export type UpdateResponse = Record<never, never>;
export const UpdateResponse: MessageType<UpdateResponse> = message("containerd.services.content.v1.UpdateResponse", () => []);

export const Content: {
  readonly info: Method<InfoRequest, InfoResponse>;
  readonly update: Method<UpdateRequest, UpdateResponse>;
  readonly list: Method<ListContentRequest, ListContentResponse>;
  readonly delete: Method<DeleteContentRequest, Empty>;
  readonly read: Method<ReadContentRequest, ReadContentResponse>;
  readonly status: Method<StatusRequest, StatusResponse>;
  readonly listStatuses: Method<ListStatusesRequest, ListStatusesResponse>;
  readonly write: Method<WriteContentRequest, WriteContentResponse>;
  readonly abort: Method<AbortRequest, Empty>;
} = {
  info: { path: "/containerd.services.content.v1.Content/Info", kind: "unary", request: InfoRequest, response: InfoResponse },
  update: { path: "/containerd.services.content.v1.Content/Update", kind: "unary", request: UpdateRequest, response: UpdateResponse },
  list: { path: "/containerd.services.content.v1.Content/List", kind: "server-stream", request: ListContentRequest, response: ListContentResponse },
  delete: { path: "/containerd.services.content.v1.Content/Delete", kind: "unary", request: DeleteContentRequest, response: Empty },
  read: { path: "/containerd.services.content.v1.Content/Read", kind: "server-stream", request: ReadContentRequest, response: ReadContentResponse },
  status: { path: "/containerd.services.content.v1.Content/Status", kind: "unary", request: StatusRequest, response: StatusResponse },
  listStatuses: { path: "/containerd.services.content.v1.Content/ListStatuses", kind: "unary", request: ListStatusesRequest, response: ListStatusesResponse },
  write: { path: "/containerd.services.content.v1.Content/Write", kind: "bidi", request: WriteContentRequest, response: WriteContentResponse },
  abort: { path: "/containerd.services.content.v1.Content/Abort", kind: "unary", request: AbortRequest, response: Empty },
};
