import { closeSync, openSync, readSync } from "node:fs";

/** The kernel's own source of random bytes, on every system but Windows. */
const DEVICE = "/dev/urandom";

/** Unpredictable bytes. Read from the kernel, since loading `node:crypto` costs a short command more than its work. */
export function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  if (!readFromKernel(bytes)) process.getBuiltinModule("node:crypto").randomFillSync(bytes);
  return bytes;
}

function readFromKernel(bytes: Buffer): boolean {
  try {
    const device = openSync(DEVICE, "r");
    try {
      return readSync(device, bytes, 0, bytes.length, null) === bytes.length;
    } finally {
      closeSync(device);
    }
  } catch {
    return false;
  }
}
