/** Node's cryptography, loaded when it is first needed: that takes 8 ms. */
export function nodeCrypto(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}
