// Generated from proto/moby/buildkit/secrets/v1/secrets.proto by npm run generate. Not to be edited.
import { type Method, type MessageType, message } from "../../../../../wire/message.ts";

export interface GetSecretRequest {
  id: string;
  annotations: Record<string, string>;
}
export const GetSecretRequest: MessageType<GetSecretRequest> = message("moby.buildkit.secrets.v1.GetSecretRequest", () => [
  [1, "id", "string"],
  [2, "annotations", "string", "map", "string"],
]);

export interface GetSecretResponse {
  data: Uint8Array;
}
export const GetSecretResponse: MessageType<GetSecretResponse> = message("moby.buildkit.secrets.v1.GetSecretResponse", () => [
  [1, "data", "bytes"],
]);

export const Secrets: {
  readonly getSecret: Method<GetSecretRequest, GetSecretResponse>;
} = {
  getSecret: { path: "/moby.buildkit.secrets.v1.Secrets/GetSecret", kind: "unary", request: GetSecretRequest, response: GetSecretResponse },
};
