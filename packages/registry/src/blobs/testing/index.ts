export { blobStoreContract, type PlaceUnderTest } from "./blob-store-contract.ts";
