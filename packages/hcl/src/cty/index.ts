export { moduloNumbers, multiplyNumbers } from "./arithmetic.ts";
export { BigFloat } from "./big-float.ts";
export { formatBigFloat, type Notation } from "./big-float-format.ts";
export { bigFloatText, parseBigFloat } from "./big-float-text.ts";
export { compareStrings } from "./compare-strings.ts";
export { nonconformity } from "./conform.ts";
export { type Conversion, conversionBetween, convert } from "./convert.ts";
export { valuesEqual } from "./equals.ts";
export { asElementOf, commonElementType } from "./homogeneous.ts";
export { elementAt } from "./index-value.ts";
export { decodeImpliedJson, decodeJson, encodeJson, encodeJsonString } from "./json.ts";
export { encodeJsonType } from "./json-type.ts";
export { mismatchMessage } from "./mismatch.ts";
export { type Path, PathError, type PathStep } from "./path-error.ts";
export { quote, quoteCharacter } from "./quote.ts";
export { setHas, setValue } from "./set-value.ts";
export {
  boolType,
  type CapsuleOperations,
  type CapsuleType,
  type CollectionType,
  capsuleType,
  constraintName,
  type DynamicType,
  dynamicType,
  hasDynamic,
  isCollection,
  isPrimitive,
  listType,
  mapType,
  numberType,
  type ObjectType,
  objectType,
  type PrimitiveType,
  setType,
  stringType,
  type TupleType,
  type Type,
  tupleType,
  typeName,
  typesEqual,
  withoutOptionalAttributes,
} from "./type.ts";
export { type Unification, unify } from "./unify.ts";
export {
  boolValue,
  capsuleValue,
  dynamicNull,
  falseValue,
  listValue,
  mapValue,
  normalizeString,
  nullValue,
  numberValue,
  objectValue,
  stringValue,
  trueValue,
  tupleValue,
  unknownValue,
  Value,
} from "./value.ts";
