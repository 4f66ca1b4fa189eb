export type { LocalProviderOptions } from "./options.ts";
export { type LocalProvider, openLocalProvider } from "./provider.ts";
