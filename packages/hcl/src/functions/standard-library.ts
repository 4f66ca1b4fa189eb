import { stringType, stringValue } from "../cty/index.ts";
import { mapFunctions } from "./collections/map-functions.ts";
import { sequenceFunctions } from "./collections/sequence-functions.ts";
import { setFunctions } from "./collections/set-functions.ts";
import { type FunctionTable, LanguageFunction } from "./core/function.ts";
import { cryptoFunctions } from "./crypto/crypto-functions.ts";
import { bytesFunctions } from "./data/bytes-functions.ts";
import { dataFunctions } from "./data/data-functions.ts";
import { expressionFunctions } from "./expressions/expression-functions.ts";
import { networkFunctions } from "./network/network-functions.ts";
import { logicFunctions } from "./numbers/logic-functions.ts";
import { numberFunctions } from "./numbers/number-functions.ts";
import { encodingFunctions } from "./text/encoding-functions.ts";
import { formatFunctions } from "./text/format-functions.ts";
import { regexFunctions } from "./text/regex-functions.ts";
import { stringFunctions } from "./text/string-functions.ts";
import { timeFunctions } from "./time/time-functions.ts";
import { formatRfc3339 } from "./time/timestamp.ts";

/** What the functions see of the outside world. */
export interface FunctionEnvironment {
  /** Now, in milliseconds since 1970, for `timestamp`. */
  readonly now: () => number;
  /** The user's home directory, for `homedir`. */
  readonly homeDirectory: () => string;
  /** So many random bytes, for `uuidv4` and `bcrypt`. */
  readonly randomBytes: (size: number) => Uint8Array;
}

/** The functions of `docker buildx bake` v0.36 by name: its `bake/hclparser/stdlib.go`. */
export function createStandardLibrary(environment: FunctionEnvironment): ReadonlyMap<string, LanguageFunction> {
  const tables: readonly FunctionTable[] = [
    bytesFunctions,
    cryptoFunctions(environment.randomBytes),
    dataFunctions,
    encodingFunctions,
    environmentFunctions(environment),
    expressionFunctions,
    formatFunctions,
    logicFunctions,
    mapFunctions,
    networkFunctions,
    numberFunctions,
    regexFunctions,
    sequenceFunctions,
    setFunctions,
    stringFunctions,
    timeFunctions,
  ];
  const entries = tables.flatMap((table) => Object.entries(table));
  return new Map(entries.map(([name, spec]) => [name, new LanguageFunction(spec)]));
}

function environmentFunctions({ now, homeDirectory }: FunctionEnvironment): FunctionTable {
  return {
    homedir: { params: [], type: stringType, impl: () => stringValue(homeDirectory()) },
    timestamp: {
      params: [],
      type: stringType,
      impl: () => stringValue(formatRfc3339({ seconds: Math.floor(now() / 1000), nanoseconds: 0, offset: 0 })),
    },
  };
}
