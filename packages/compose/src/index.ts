export { type BakeExtension, readBakeExtension, readDepotProject } from "./bake-extension.ts";
export { parseDotenv } from "./dotenv.ts";
export type { ComposeFile, ComposeFileReader, Environment, LoadComposeOptions } from "./load-options.ts";
export { loadComposeProject } from "./load-project.ts";
export type { ComposeProblemCode } from "./problems.ts";
export type {
  ComposeBuild,
  ComposeExtensions,
  ComposeProject,
  ComposeSecret,
  ComposeSecretReference,
  ComposeService,
  ComposeSshKey,
  ComposeUlimit,
  ComposeVariables,
} from "./project.ts";
export type { Lookup } from "./template.ts";
export { type ComposeMapping, type ComposeValue, Timestamp } from "./value.ts";
