export { type BuildkitClient, clientOn, type OpenOptions, openBuildkit, type ReadContentOptions } from "./client.ts";
export { type DialOptions, dial } from "./dial.ts";
export type { ClientTls, Endpoint } from "./endpoint.ts";
export type {
  ErrorFacts,
  ErrorSource,
  ErrorStack,
  FailedOperation,
  SourcePosition,
  SourceRange,
} from "./error-details.ts";
export { SolveError } from "./errors.ts";
export { buildWithGateway, type GatewayBuild, type GatewayBuildInput } from "./frontend/build-with-gateway.ts";
export type { Capabilities, GatewayCapability } from "./frontend/capabilities.ts";
export { defineFetched, defineSource, type FetchedSource } from "./frontend/definition.ts";
export type { GatewayClient, GatewaySolveRequest, ReadFileOptions } from "./frontend/gateway-client.ts";
export { type GatewayAttestation, type GatewayRef, type GatewayResult, refsOf } from "./frontend/gateway-result.ts";
export { type LinkedRequest, linkTargets, type TargetLink } from "./frontend/link-target.ts";
export { type FrontendProblemCode, subrequestResultInvalid } from "./frontend/problems.ts";
export { type AttestationFile, readAttestation, SPDX_PREDICATE } from "./frontend/read-attestation.ts";
export { callSubrequest, type SubrequestName, type SubrequestResult } from "./frontend/subrequest.ts";
export { type BuildkitProblemCode, describeEndpoint } from "./problems.ts";
export { type ClientStep, openStep, type StatusSink } from "./progress/client-step.ts";
export { type CleanOptions, cleanLine, cleanText } from "./progress/control-chars.ts";
export { openProgress, type ProgressDisplay, type ProgressMode, type ProgressOptions } from "./progress/display.ts";
export type { ProgressStream } from "./progress/output.ts";
export type { ProgressProblemCode } from "./progress/problems.ts";
export { warningJson } from "./progress/render-rawjson.ts";
export { randomId } from "./random-id.ts";
export type { CallOptions, Channel, RawCall } from "./rpc/channel.ts";
export {
  DEFAULT_MAX_MESSAGE_BYTES,
  FRAME_HEADER_BYTES,
  FrameDecoder,
  frameHeader,
  frameMessage,
} from "./rpc/frames.ts";
export { CallResetError, ConnectionLostError, GrpcCode, GrpcError, type StatusDetail } from "./rpc/grpc-error.ts";
export { type ChannelOptions, openChannel } from "./rpc/http2-channel.ts";
export { Metadata } from "./rpc/metadata.ts";
export { codeOfReset, errorOfTrailers, trailersOf } from "./rpc/status.ts";
export { ARCHIVE_HEAD_BYTES, isArchiveHead } from "./session/archive-head.ts";
export { CredentialStore, type CredentialStoreOptions } from "./session/auth/credential-store.ts";
export type { RegistryAuth } from "./session/auth/docker-config.ts";
export { type AuthOptions, createAuth } from "./session/auth/index.ts";
export { ContentFolder } from "./session/content/content-folder.ts";
export { createContentStores } from "./session/content/index.ts";
export { type LayoutOutput, openLayoutOutput } from "./session/content/layout-output.ts";
export { type LocalCaches, prepareLocalCaches } from "./session/content/local-caches.ts";
export { type ManifestOutput, openManifestOutput } from "./session/content/manifest-output.ts";
export {
  type OciLayoutContext,
  type OciLayoutReference,
  openOciLayout,
  readOciLayoutReference,
} from "./session/content/oci-layout-context.ts";
export { createFileSend, type ExportOutput, type FileSendOptions } from "./session/file-send/index.ts";
export {
  createFileSync,
  type FileSyncOptions,
  type FileSyncProgress,
  type SyncedFolder,
} from "./session/file-sync/index.ts";
export type { SessionProblemCode } from "./session/problems.ts";
export { createSecrets, MAX_SECRET_BYTES, type SecretSource } from "./session/secrets.ts";
export type { SessionCall, SessionMethod, SessionService } from "./session/service.ts";
export { openSession, type Session, type SessionOptions } from "./session/session.ts";
export { createSsh, type SshSource } from "./session/ssh/index.ts";
export { parsePrivateKey } from "./session/ssh/private-key.ts";
export { createUpload, type Upload } from "./session/upload.ts";
export { type SolveOptions, type SolveResult, solve } from "./solve.ts";
export type { SolveInput, TypeAndAttrs } from "./solve-input.ts";
export { renderSourceExcerpt, type SourceExcerpt, type SourceExcerptOptions } from "./source-excerpt.ts";
