// Generated from proto/moby/sshforward/v1/ssh.proto by npm run generate. Not to be edited.
import { type Method, type MessageType, message } from "../../../../wire/message.ts";

export interface BytesMessage {
  data: Uint8Array;
}
export const BytesMessage: MessageType<BytesMessage> = message("moby.sshforward.v1.BytesMessage", () => [
  [1, "data", "bytes"],
]);

export interface CheckAgentRequest {
  id: string;
}
export const CheckAgentRequest: MessageType<CheckAgentRequest> = message("moby.sshforward.v1.CheckAgentRequest", () => [
  [1, "id", "string"],
]);

export type CheckAgentResponse = Record<never, never>;
export const CheckAgentResponse: MessageType<CheckAgentResponse> = message("moby.sshforward.v1.CheckAgentResponse", () => []);

export const SSH: {
  readonly checkAgent: Method<CheckAgentRequest, CheckAgentResponse>;
  readonly forwardAgent: Method<BytesMessage, BytesMessage>;
} = {
  checkAgent: { path: "/moby.sshforward.v1.SSH/CheckAgent", kind: "unary", request: CheckAgentRequest, response: CheckAgentResponse },
  forwardAgent: { path: "/moby.sshforward.v1.SSH/ForwardAgent", kind: "bidi", request: BytesMessage, response: BytesMessage },
};
