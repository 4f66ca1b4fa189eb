export {
  type Annotation,
  type AnnotationLevel,
  annotationAttribute,
  readAnnotations,
} from "./annotations.ts";
export {
  type Attestation,
  attestationFromMap,
  attestationShorthand,
  attestationToJson,
  formatAttestation,
  normalizeAttestations,
  readAttestation,
  readAttestations,
} from "./attestations.ts";
export { type Attributes, isSameAttributes, type OrderedJson, sortedEntries } from "./attributes.ts";
export {
  type CacheEntry,
  cacheEntryFromMap,
  cacheEntryToJson,
  formatCacheEntry,
  normalizeCacheEntries,
  readCacheEntries,
  withGithubActions,
} from "./caches.ts";
export { type Call, readCall } from "./calls.ts";
export { readCsvFields, splitCsvFields, writeCsvFields } from "./csv-fields.ts";
export { type BuildEntitlements, readEntitlements } from "./entitlements.ts";
export { parseContextNames } from "./flags/context-names.ts";
export { parseExtraHosts } from "./flags/extra-hosts.ts";
export { type KeyValueOptions, parseKeyValues } from "./flags/key-values.ts";
export { type OutputSpec, outputMultiple, parseOutput } from "./flags/outputs.ts";
export { parseSecrets, type SecretSpec } from "./flags/secrets.ts";
export { parseSize } from "./flags/sizes.ts";
export { parseSsh } from "./flags/ssh.ts";
export { parseUlimits } from "./flags/ulimits.ts";
export { compareBytes, cut, goQuote, parseGoBool, readGoBool, readGoFloat, readGoInt } from "./go-text.ts";
export {
  formatOutput,
  normalizeOutputs,
  type Output,
  outputFromMap,
  outputToJson,
  readOutput,
  readOutputs,
} from "./outputs.ts";
export { readPlatforms, readSpecifier } from "./platforms.ts";
export {
  LOG_LEVELS,
  type LogLevel,
  type Policy,
  policyFromMap,
  policyToJson,
  readPolicy,
} from "./policies.ts";
export { type BuildFlagProblemCode, buildFlagInvalid, flagValueInvalid } from "./problems.ts";
export { removeRepeatedTexts } from "./remove-repeats.ts";
export {
  checkResource,
  isNumericResource,
  mergeResources,
  RESOURCE_NAMES,
  type ResourceName,
  type Resources,
  readResources,
  resourcesToJson,
  withResource,
} from "./resources.ts";
export {
  formatSecret,
  normalizeSecrets,
  readSecret,
  readSecrets,
  type SecretSource,
  secretToJson,
} from "./secrets.ts";
export { formatSize, readSize } from "./sizes.ts";
export {
  compareSshAgents,
  formatSshAgent,
  normalizeSshAgents,
  readSshAgent,
  readSshAgents,
  type SshAgent,
  sshAgentToJson,
} from "./ssh-agents.ts";
export { formatUlimit, readUlimit, ULIMIT_NAMES, type Ulimit } from "./ulimits.ts";
