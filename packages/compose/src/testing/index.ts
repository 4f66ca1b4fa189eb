export { MemoryFiles } from "./memory-files.ts";
