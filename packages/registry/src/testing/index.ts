export { blobStoreContract, type PlaceUnderTest } from "../blobs/testing/index.ts";
export { FixedAccess, type TestUser } from "./fixed-access.ts";
export { startTestRegistry, type TestRegistryOptions, type TestRegistryServer } from "./test-registry.ts";
