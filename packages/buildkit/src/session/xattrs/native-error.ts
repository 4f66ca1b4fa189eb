import { getSystemErrorName } from "node:util";
import { messageOf } from "@opendepot/base";

/** An error of the native part as Node.js has them, with its `code`; as it is when the system did not give one. */
export function toSystemError(error: unknown): unknown {
  const number = /\(os error (\d+)\)$/.exec(messageOf(error))?.[1];
  if (number === undefined) return error;
  return Object.assign(new Error(messageOf(error), { cause: error }), { code: getSystemErrorName(-Number(number)) });
}
