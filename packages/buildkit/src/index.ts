export type { ClientTls, Endpoint } from "./endpoint.ts";
export { GrpcCode, GrpcError, type StatusDetail } from "./rpc/grpc-error.ts";
export { Metadata } from "./rpc/metadata.ts";
export type { SessionCall, SessionMethod, SessionService } from "./session/service.ts";
