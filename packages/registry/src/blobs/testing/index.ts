export { blobStoreContract, type PlaceUnderTest } from "./blob-store-contract.ts";
export { blobStoreSurvivesKills, type CrashPlace } from "./crash-contract.ts";
