import assert from "node:assert/strict";
import { test } from "node:test";
import {
  capsuleType,
  capsuleValue,
  compareStrings,
  constraintName,
  decodeImpliedJson,
  decodeJson,
  dynamicNull,
  dynamicType,
  elementAt,
  encodeJson,
  listType,
  listValue,
  mapType,
  mapValue,
  nonconformity,
  nullValue,
  numberType,
  numberValue,
  objectType,
  objectValue,
  setType,
  setValue,
  stringType,
  stringValue,
  trueValue,
  tupleType,
  tupleValue,
  typeName,
  valuesEqual,
} from "./index.ts";

test("strings and keys are brought to normal form C", () => {
  assert.equal(stringValue("e\u0301").asString(), "\u00e9");
  assert.deepEqual(
    [
      ...objectValue([["e\u0301", trueValue]])
        .asMap()
        .keys(),
    ],
    ["\u00e9"],
  );
});

test("maps and objects are in the order of the keys' code points", () => {
  const keys = ["\u{1f600}", "b", "\uff5e", "a", "B"];

  const map = mapValue(
    keys.map((key) => [key, trueValue] as const),
    trueValue.type,
  );

  assert.deepEqual([...map.asMap().keys()], ["B", "a", "b", "\uff5e", "\u{1f600}"]);
  assert.ok(compareStrings("\uff5e", "\u{1f600}") < 0);
});

test("sets hold each element once: strings and numbers in order, nulls last, others by their text", () => {
  const strings = setValue([stringValue("b"), nullValue(stringType), stringValue("a"), stringValue("b")], stringType);
  const numbers = setValue([10, 9, 1, 10].map(numberValue), numberType);
  const lists = setValue(
    [[2], [10], [1]].map((elements) => listValue(elements.map(numberValue), numberType)),
    listType(numberType),
  );

  assert.equal(encodeJson(strings), '["a","b",null]');
  assert.equal(encodeJson(numbers), "[1,9,10]");
  assert.equal(encodeJson(lists), "[[10],[1],[2]]");
});

test("iteration gives numbers, keys or the elements themselves as keys", () => {
  const keys = (value: Parameters<typeof valuesEqual>[0]) => Array.from(value.entries(), ([key]) => encodeJson(key));

  assert.deepEqual(keys(tupleValue([trueValue, trueValue])), ["0", "1"]);
  assert.deepEqual(keys(objectValue([["k", trueValue]])), ['"k"']);
  assert.deepEqual(keys(setValue([stringValue("x")], stringType)), ['"x"']);
});

test("values are equal by type and content, nulls always", () => {
  assert.ok(valuesEqual(numberValue(1), numberValue(1n)));
  assert.ok(!valuesEqual(numberValue(1), stringValue("1")));
  assert.ok(!valuesEqual(tupleValue([]), listValue([], stringType)));
  assert.ok(valuesEqual(nullValue(stringType), dynamicNull));
  assert.ok(!valuesEqual(nullValue(stringType), stringValue("")));
});

test("capsules are equal when they are the same, or when their type says so", () => {
  const plain = capsuleType("plain");
  const byName = capsuleType("named", { equals: (x, y) => String(x) === String(y), hashKey: String });

  assert.ok(!valuesEqual(capsuleValue(plain, {}), capsuleValue(plain, {})));
  assert.ok(valuesEqual(capsuleValue(byName, "x"), capsuleValue(byName, "x")));
  assert.equal(setValue([capsuleValue(byName, "x"), capsuleValue(byName, "x")], byName).length, 1);
});

test("elements are found by position and name, and not by a key of another kind", () => {
  const tuple = tupleValue([stringValue("x")]);

  assert.equal(elementAt(tuple, numberValue(0))?.asString(), "x");
  assert.equal(elementAt(tuple, numberValue(1)), undefined);
  assert.equal(elementAt(tuple, numberValue(-1)), undefined);
  assert.equal(elementAt(tuple, stringValue("0")), undefined);
  assert.equal(elementAt(objectValue([["a", tuple]]), stringValue("a")), tuple);
});

test("types are named for people", () => {
  assert.equal(typeName(listType(mapType(stringType))), "list of map of string");
  assert.equal(typeName(tupleType([stringType])), "tuple");
  assert.equal(typeName(dynamicType), "dynamic");
  assert.equal(constraintName(setType(dynamicType)), "set of any single type");
  assert.equal(constraintName(dynamicType), "any type");
});

test("a type that does not meet a constraint is told by its first difference", () => {
  const wanted = objectType([["a", listType(stringType)]]);

  assert.equal(nonconformity(objectType([["a", listType(stringType)]]), wanted), undefined);
  assert.equal(nonconformity(objectType([]), wanted), 'missing required attribute "a"');
  assert.equal(
    nonconformity(objectType([["a", listType(numberType)]]), wanted),
    "string required, but received number",
  );
});

test("JSON is read by itself or as a type, and written with Go's escapes", () => {
  const implied = decodeImpliedJson('{"b":[1,null],"a":"<x>"}');

  assert.equal(encodeJson(implied), '{"a":"\\u003cx\\u003e","b":[1,null]}');
  assert.equal(encodeJson(decodeJson('["2","1",1]', setType(numberType))), "[1,2]");
  assert.equal(encodeJson(decodeJson("{}", objectType([["a", stringType]]))), '{"a":null}');
  assert.throws(() => decodeJson("[1]", mapType(stringType)), /missing expected \{/);
  assert.throws(() => decodeJson('{"x":1}', objectType([])), /unsupported attribute "x"/);
  assert.throws(() => decodeJson("[1]", tupleType([])), /too many tuple elements \(need 0\)/);
});

test("JSON of a value whose type is not known beforehand tells the type beside it", () => {
  const value = objectValue([["a", numberValue(1)]]);

  assert.equal(encodeJson(value, dynamicType), '{"value":{"a":1},"type":["object",{"a":"number"}]}');
  assert.ok(valuesEqual(decodeJson(encodeJson(value, dynamicType), dynamicType), value));
  assert.throws(() => decodeJson('{"a":1}', dynamicType), /invalid key "a" in dynamically-typed value/);
});

test("what go-cty panics at is an error", () => {
  const one = '{"value":1,"type":"number"}';
  const two = '{"value":"b","type":"string"}';

  assert.throws(() => decodeJson(`[${one},${two}]`, listType(dynamicType)), /inconsistent list element types/);
  assert.throws(() => decodeJson('{"value":{},"type":["object",{},["a"]]}', dynamicType), /optional attribute "a"/);
});

test("a method asked of the wrong value is a bug that tells the type", () => {
  assert.throws(() => numberValue(1).asString(), /not a string: number/);
  assert.throws(() => nullValue(stringType).asString(), /not a string: null string/);
});
