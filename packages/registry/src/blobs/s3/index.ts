export type { S3Credentials, S3RedirectOptions, S3StoreOptions } from "./options.ts";
export { openS3Store } from "./s3-store.ts";
