import { numberType, stringType, stringValue } from "../../cty/index.ts";
import { positionOf } from "../core/arguments.ts";
import { type Arguments, FunctionError, type FunctionTable } from "../core/function.ts";
import { textFunction } from "../core/text-function.ts";
import { bcryptHash } from "./bcrypt.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { rsaDecrypt } from "./rsa-decrypt.ts";
import { uuidText, uuidV5 } from "./uuid.ts";

function digest(algorithm: string): (text: string) => string {
  return (text) => nodeCrypto().createHash(algorithm).update(text).digest("hex");
}

/** Hashes and secrets: hashicorp/go-cty-funcs' `crypto` and `uuid`. */
export function cryptoFunctions(randomBytes: (size: number) => Uint8Array): FunctionTable {
  return {
    bcrypt: {
      params: [{ name: "str", type: stringType }],
      varParam: { name: "cost", type: numberType },
      type: stringType,
      impl: (args) => stringValue(bcrypt(args, randomBytes)),
    },
    md5: textFunction(["str"], digest("md5")),
    rsadecrypt: textFunction(["ciphertext", "privatekey"], rsaDecrypt),
    sha1: textFunction(["str"], digest("sha1")),
    sha256: textFunction(["str"], digest("sha256")),
    sha512: textFunction(["str"], digest("sha512")),
    uuidv4: { params: [], type: stringType, impl: () => stringValue(uuidText(randomBytes(16), 4)) },
    uuidv5: textFunction(["namespace", "name"], uuidV5),
  };
}

const defaultCost = 10;
const leastCost = 4;
const mostCost = 31;

function bcrypt(args: Arguments, randomBytes: (size: number) => Uint8Array): string {
  const given = args.length > 1 ? positionOf(args[1]) : defaultCost;
  if (args.length > 2) throw new FunctionError("bcrypt() takes no more than two arguments");
  const text = Buffer.from(args[0].asString());
  if (text.length > 72) throw refused("bcrypt: password length exceeds 72 bytes");
  // Too cheap a cost is taken for none.
  const cost = given < leastCost ? defaultCost : given;
  if (cost > mostCost) {
    throw refused(`crypto/bcrypt: cost ${cost} is outside allowed inclusive range ${leastCost}..${mostCost}`);
  }
  return bcryptHash(text, randomBytes(16), cost);
}

function refused(reason: string): FunctionError {
  return new FunctionError(`error occured generating password ${reason}`);
}
