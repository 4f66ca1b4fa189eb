export { createTestAuthority, type KeyPem, type TestAuthority } from "./certificates.ts";
export { answerWith, type FakeCall, type FakeEngine, messagesOf, startFakeEngine } from "./fake-engine.ts";
export { callIntoSession, type FakeAnswer, type FakeSessionCaller, finishCall } from "./fake-session-caller.ts";
export { defineFiles, defineRun, type LlbFile, type LlbRun } from "./llb.ts";
export { createRandom, type Random } from "./random.ts";
export { type RawServer, startRawServer } from "./raw-server.ts";
export { type PipeTarget, startTlsPipe, type TlsPipe, tlsEndpoint } from "./tls-pipe.ts";
export { setXattrs, type XattrFolder, xattrFolder, xattrsOf } from "./xattr-folder.ts";
