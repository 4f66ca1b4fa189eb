export { testBaseImage } from "./base-image.ts";
export { testBuildx } from "./buildx.ts";
export { startDockerd, type TestDockerd, type TestDockerdOptions } from "./dockerd.ts";
export { registerEmulator } from "./emulator.ts";
export {
  prepareTestEngines,
  startTestEngine,
  type TestEngine,
  type TestEngineOptions,
  testEngineKinds,
  testEngineProgram,
} from "./engine.ts";
export { type LazyBuildkitd, type LazyBuildkitdOptions, startLazyBuildkitd } from "./lazy-buildkitd.ts";
export { checkLeaks } from "./leak-check.ts";
export { startTestPostgres, type TestPostgres, type TestPostgresOptions, type TestTemplate } from "./postgres.ts";
export { startRegistry, type TestRegistry, type TestRegistryOptions } from "./registry.ts";
export { type ProgramOptions, type ProgramOutcome, runProgram } from "./run-program.ts";
export { prepareTestS3, type S3Program } from "./s3-program.ts";
export { startTestS3, type TestS3Options, type TestS3Server } from "./s3-server.ts";
export { startTestServer, type TestServer, type TestServerOptions } from "./server.ts";
export { startSshServer, type TestSshServer, type TestSshServerOptions } from "./ssh-server.ts";
export { type TinyProgram, tinyProgram } from "./tiny-program.ts";
export { prepareTestTools, type TestTools } from "./tools.ts";
