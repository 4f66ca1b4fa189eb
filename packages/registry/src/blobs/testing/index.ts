export { blobStoreContract, type PlaceUnderTest } from "./blob-store-contract.ts";
export { blobStoreSurvivesKills } from "./crash-contract.ts";
