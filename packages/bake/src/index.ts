export type { ComposeImages } from "./compose/image-names.ts";
export { missingPrivileges, type PathResolver, type PrivilegeCheck } from "./entitlements/missing-privileges.ts";
export {
  type PrivilegeRequest,
  privilegesMissing,
  type RequestSurroundings,
  requestPrivileges,
} from "./entitlements/privilege-request.ts";
export { NO_PRIVILEGES, type Privileges, readPrivileges, withGrants } from "./entitlements/privileges.ts";
export { type BuildInputs, buildInputsOf } from "./hosts/build-inputs.ts";
export type { HostChecks, HostEntry, HostFault } from "./hosts/host-checks.ts";
export { prepareTargets } from "./hosts/prepare-targets.ts";
export { type RemoteInput, withSubfolder } from "./hosts/resolve-context.ts";
export { type ListRequest, readListRequest } from "./listing/list-request.ts";
export { listTargets } from "./listing/list-targets.ts";
export { type ListedVariable, listVariables } from "./listing/list-variables.ts";
export {
  type BakeFile,
  type BakeWords,
  chooseFiles,
  DEFAULT_BAKE_FILES,
  definitionMissing,
  type FileChoice,
  filesOfEnvironment,
  fileUnreadable,
  isEnvironmentUsed,
  isFileRelative,
  readVariables,
  splitWords,
} from "./lookup.ts";
export { type Printable, printDefinition, targetToJson } from "./model/print.ts";
export type { Definition, Group, NullableTexts, Target, TargetFields } from "./model/target.ts";
export type { OverrideGrants } from "./overrides/apply-overrides.ts";
export { expandShorthands, type ShorthandFlags, type Shorthands } from "./overrides/flag-shorthands.ts";
export type { BakeProblemCode } from "./problems.ts";
export { type BakeDefinition, type ReadOptions, readBakeDefinition } from "./read-definition.ts";
export { type ResolvedTargets, type ResolveOptions, resolveTargets } from "./resolve/resolve-targets.ts";
export { formatJson } from "./text/json-text.ts";
export { isGitOverSsh, isRemoteUrl } from "./text/remote-urls.ts";
