import { type CapsuleType, capsuleType, capsuleValue, numberType, numberValue, type Value } from "../../cty/index.ts";
import { positionOf } from "../core/arguments.ts";
import { type Arguments, FunctionError, type FunctionTable, type Parameter } from "../core/function.ts";

/**
 * Bytes: go-cty's `stdlib.Bytes`. No expression makes them and no value becomes them, so these functions are there
 * to refuse what they are given.
 */
export const bytesType: CapsuleType = capsuleType("bytes");

const buffer: Parameter = { name: "buf", type: bytesType, allowDynamicType: true };

/** Bytes: go-cty's `stdlib/bytes.go`. */
export const bytesFunctions: FunctionTable = {
  byteslen: { params: [buffer], type: numberType, impl: (args) => numberValue(bytesOf(args[0]).length) },
  bytesslice: {
    params: [
      buffer,
      { name: "offset", type: numberType, allowDynamicType: true },
      { name: "length", type: numberType, allowDynamicType: true },
    ],
    type: bytesType,
    impl: (args) => capsuleValue(bytesType, slice(args)),
  },
};

function bytesOf(value: Value): Uint8Array {
  return value.asCapsule() as Uint8Array; // the type of the capsule says so
}

function slice(args: Arguments): Uint8Array {
  const bytes = bytesOf(args[0]);
  const [offset, length] = [positionOf(args[1]), positionOf(args[2])];
  if (offset < 0 || length < 0) throw new FunctionError("offset and length must be non-negative");
  const excess = `is greater than total buffer length ${bytes.length}`;
  if (offset > bytes.length) throw new FunctionError(`offset ${offset} ${excess}`);
  if (offset + length > bytes.length) throw new FunctionError(`offset ${offset} + length ${length} ${excess}`);
  return bytes.subarray(offset, offset + length);
}
