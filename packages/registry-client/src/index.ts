export { type AddressKind, kindOfAddress } from "./addresses.ts";
export type { BlobOptions } from "./blobs.ts";
export { type CopiedImage, type CopyProgress, type CopySource, copyImage, type ImageCopy } from "./copy-image.ts";
export { anonymous, type Credentials, type RegistryCredentials } from "./credentials.ts";
export type { RemoteManifest } from "./manifests.ts";
export type { RegistryProblemCode } from "./problems.ts";
export { isLoopback } from "./registry-host.ts";
export { type CallOptions, openRegistry, type RegistryOptions, type RegistryRepository } from "./repository.ts";
export type { BlobSource } from "./uploads.ts";
