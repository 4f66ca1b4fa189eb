import { GrpcCode, GrpcError } from "../rpc/grpc-error.ts";
import { decode, encode, type Init, type Method } from "../wire/index.ts";
import type { SessionCall, SessionMethod } from "./service.ts";

/** Serves a method that takes one message and answers one. */
export function unary<Request, Response>(
  method: Method<Request, Response>,
  handle: (request: Request, call: SessionCall) => Init<Response> | Promise<Init<Response>>,
): SessionMethod {
  return async (call) => {
    for await (const message of call.messages) {
      const response = await handle(decode(method.request, message), call);
      await call.send(encode(method.response, response));
      return;
    }
    throw new GrpcError(GrpcCode.invalidArgument, `${method.path} was called without a request`);
  };
}
