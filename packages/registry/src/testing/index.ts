export { blobStoreContract, type PlaceUnderTest } from "../blobs/testing/index.ts";
export { FixedAccess, type TestUser } from "./fixed-access.ts";
export {
  type PushedTestImage,
  TestClient,
  type TestClientOptions,
  type TestDescriptor,
  type TestImage,
} from "./test-client.ts";
export { startTestRegistry, type TestRegistryOptions, type TestRegistryServer } from "./test-registry.ts";
