// Generated from proto/moby/filesync/v1/auth.proto by npm run generate. Not to be edited.
import { type Method, type MessageType, message } from "../../../../wire/message.ts";

export interface CredentialsRequest {
  host: string;
}
export const CredentialsRequest: MessageType<CredentialsRequest> = message("moby.filesync.v1.CredentialsRequest", () => [
  [1, "host", "string"],
]);

export interface CredentialsResponse {
  username: string;
  secret: string;
}
export const CredentialsResponse: MessageType<CredentialsResponse> = message("moby.filesync.v1.CredentialsResponse", () => [
  [1, "username", "string"],
  [2, "secret", "string"],
]);

export interface FetchTokenRequest {
  clientId: string;
  host: string;
  realm: string;
  service: string;
  scopes: string[];
}
export const FetchTokenRequest: MessageType<FetchTokenRequest> = message("moby.filesync.v1.FetchTokenRequest", () => [
  [1, "clientId", "string"],
  [2, "host", "string"],
  [3, "realm", "string"],
  [4, "service", "string"],
  [5, "scopes", "string", "many"],
]);

export interface FetchTokenResponse {
  token: string;
  expiresIn: bigint;
  issuedAt: bigint;
}
export const FetchTokenResponse: MessageType<FetchTokenResponse> = message("moby.filesync.v1.FetchTokenResponse", () => [
  [1, "token", "string"],
  [2, "expiresIn", "int64"],
  [3, "issuedAt", "int64"],
]);

export interface GetTokenAuthorityRequest {
  host: string;
  salt: Uint8Array;
}
export const GetTokenAuthorityRequest: MessageType<GetTokenAuthorityRequest> = message("moby.filesync.v1.GetTokenAuthorityRequest", () => [
  [1, "host", "string"],
  [2, "salt", "bytes"],
]);

export interface GetTokenAuthorityResponse {
  publicKey: Uint8Array;
}
export const GetTokenAuthorityResponse: MessageType<GetTokenAuthorityResponse> = message("moby.filesync.v1.GetTokenAuthorityResponse", () => [
  [1, "publicKey", "bytes"],
]);

export interface VerifyTokenAuthorityRequest {
  host: string;
  payload: Uint8Array;
  salt: Uint8Array;
}
export const VerifyTokenAuthorityRequest: MessageType<VerifyTokenAuthorityRequest> = message("moby.filesync.v1.VerifyTokenAuthorityRequest", () => [
  [1, "host", "string"],
  [2, "payload", "bytes"],
  [3, "salt", "bytes"],
]);

export interface VerifyTokenAuthorityResponse {
  signed: Uint8Array;
}
export const VerifyTokenAuthorityResponse: MessageType<VerifyTokenAuthorityResponse> = message("moby.filesync.v1.VerifyTokenAuthorityResponse", () => [
  [1, "signed", "bytes"],
]);

export const Auth: {
  readonly credentials: Method<CredentialsRequest, CredentialsResponse>;
  readonly fetchToken: Method<FetchTokenRequest, FetchTokenResponse>;
  readonly getTokenAuthority: Method<GetTokenAuthorityRequest, GetTokenAuthorityResponse>;
  readonly verifyTokenAuthority: Method<VerifyTokenAuthorityRequest, VerifyTokenAuthorityResponse>;
} = {
  credentials: { path: "/moby.filesync.v1.Auth/Credentials", kind: "unary", request: CredentialsRequest, response: CredentialsResponse },
  fetchToken: { path: "/moby.filesync.v1.Auth/FetchToken", kind: "unary", request: FetchTokenRequest, response: FetchTokenResponse },
  getTokenAuthority: { path: "/moby.filesync.v1.Auth/GetTokenAuthority", kind: "unary", request: GetTokenAuthorityRequest, response: GetTokenAuthorityResponse },
  verifyTokenAuthority: { path: "/moby.filesync.v1.Auth/VerifyTokenAuthority", kind: "unary", request: VerifyTokenAuthorityRequest, response: VerifyTokenAuthorityResponse },
};
