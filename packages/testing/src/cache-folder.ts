import path from "node:path";

/** Where what tests need is kept from one run to the next: a folder of the workspace that nothing else uses. */
export const cacheFolder: string = path.resolve(import.meta.dirname, "../../../node_modules/.cache/opendepot");
