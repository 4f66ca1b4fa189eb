// What repositories are made of, for programs that speak to registries in a way of their own.
export { Authorizer, type AuthorizerOptions } from "./authorizer.ts";
export { registryAnswerInvalid, registryUnreachable } from "./problems.ts";
export { placesOf, type RegistryPlace } from "./registry-host.ts";
export { Transient } from "./retries.ts";
export { Session, type SessionOptions, type Wanted } from "./session.ts";
export {
  createTransport,
  discard,
  type HttpAnswer,
  type HttpRequest,
  readBounded,
  type Transport,
  type TransportOptions,
} from "./transport.ts";
