export {
  type Authority,
  type ClientCertificateRequest,
  createAuthority,
  type IssuedCertificate,
  type KeyAndCertificate,
  openAuthority,
} from "./authority.ts";
export type { Admission, Caller, GatewayHost } from "./contract.ts";
export { type Gateway, startGateway } from "./gateway.ts";
export { builderIdOf, serverNameOf } from "./names.ts";
export type { GatewayLimits, GatewayOptions } from "./options.ts";
export type { GatewayProblemCode } from "./problems.ts";
