import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boolType,
  capsuleType,
  capsuleValue,
  convert,
  dynamicNull,
  dynamicType,
  encodeJson,
  encodeJsonType,
  listType,
  listValue,
  mapType,
  numberType,
  numberValue,
  objectType,
  objectValue,
  PathError,
  setType,
  stringType,
  stringValue,
  type Type,
  trueValue,
  tupleType,
  tupleValue,
  unify,
  type Value,
} from "./index.ts";

const a = stringValue("a");
const one = numberValue(1);

function shown(value: Value): string {
  return `${encodeJsonType(value.type)} ${encodeJson(value)}`;
}

function faultOf(value: Value, type: Type): PathError {
  try {
    convert(value, type);
  } catch (error) {
    if (error instanceof PathError) return error;
    throw error;
  }
  return assert.fail("the value was converted");
}

test("a tuple becomes a list of the type its elements have in common", () => {
  assert.equal(
    shown(convert(tupleValue([one, a, trueValue]), listType(dynamicType))),
    '["list","string"] ["1","a","true"]',
  );
});

test("an untyped null takes the type of its neighbours", () => {
  const list = convert(tupleValue([a, dynamicNull]), listType(dynamicType));

  assert.deepEqual(
    list.asElements().map((element) => element.type.kind),
    ["string", "string"],
  );
});

test("an object becomes one with fewer attributes, and those that may be absent become null", () => {
  const target = objectType(
    [
      ["a", stringType],
      ["z", numberType],
    ],
    ["z"],
  );

  const converted = convert(objectValue(Object.entries({ a: one, b: trueValue })), target);

  assert.equal(shown(converted), '["object",{"a":"string","z":"number"}] {"a":"1","z":null}');
});

test("the fault of a part tells the way to it", () => {
  const value = objectValue([["ports", tupleValue([one, stringValue("x")])]]);
  const fault = faultOf(value, objectType([["ports", listType(numberType)]]));

  assert.equal(fault.message, "a number is required");
  assert.deepEqual(fault.path[0], { attribute: "ports" });
  const [, step] = fault.path;
  assert.ok(step !== undefined && "index" in step);
  assert.equal(step.index.asNumber().toNumber(), 1);
});

test("types that never fit are explained", () => {
  const needsTwo = objectType([
    ["x", stringType],
    ["y", stringType],
  ]);

  assert.equal(faultOf(objectValue([]), needsTwo).message, 'attributes "x" and "y" are required');
  assert.equal(faultOf(a, listType(stringType)).message, "list of string required, but have string");
  assert.equal(
    faultOf(tupleValue([one, tupleValue([])]), listType(dynamicType)).message,
    "all list elements must have the same type",
  );
  assert.equal(
    faultOf(stringValue("True"), boolType).message,
    'a bool is required; to convert from string, use lowercase "true"',
  );
  assert.equal(faultOf(tupleValue([a]), tupleType([])).message, "tuple required");
});

test("a capsule type decides what becomes of it and it of what", () => {
  const size = capsuleType("size", {
    conversionTo: (source) => (source.kind === "string" ? (value) => value.asString().length : undefined),
    conversionFrom: (target) => (target.kind === "number" ? (content) => numberValue(Number(content)) : undefined),
  });

  const capsule = convert(stringValue("four"), size);

  assert.equal(capsule.asCapsule(), 4);
  assert.equal(convert(capsule, numberType).asNumber().toNumber(), 4);
  assert.equal(faultOf(trueValue, size).message, "size required, but have bool");
  assert.equal(faultOf(capsuleValue(size, 1), stringType).message, "string required, but have size");
});

test("lists and tuples unify to a list, maps and objects to a map", () => {
  const list = unify([listType(numberType), tupleType([stringType, boolType])]);
  const map = unify([objectType([["a", numberType]]), mapType(stringType)]);

  assert.equal(list && encodeJsonType(list.type), '["list","string"]');
  assert.equal(map && encodeJsonType(map.type), '["map","string"]');
  const converted = list?.conversions.map((conversion, at) => {
    return conversion?.(at === 0 ? listValue([one], numberType) : tupleValue([a, trueValue]));
  });
  assert.deepEqual(
    converted?.map((value) => value && encodeJson(value)),
    ['["1"]', '["a","true"]'],
  );
});

test("tuples and objects have nothing in common, nor do numbers and bools without a string", () => {
  assert.equal(unify([tupleType([]), objectType([])]), undefined);
  assert.equal(unify([numberType, boolType]), undefined);
  assert.equal(unify([]), undefined);
  assert.equal(unify([numberType, boolType, stringType])?.type, stringType);
});

test("long tuples are converted in a moment", () => {
  const long = tupleValue(Array.from({ length: 20_000 }, (_, at) => (at % 2 === 0 ? numberValue(at) : a)));
  const start = performance.now();

  assert.equal(convert(long, listType(dynamicType)).length, 20_000);
  assert.equal(convert(long, setType(stringType)).length, 10_001);
  assert.ok(performance.now() - start < 5000);
});
