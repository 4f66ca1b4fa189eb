import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The memory that is in use once everything else was collected. */
export function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
