import assert from "node:assert/strict";
import { test } from "node:test";
import { multiplyNumbers } from "./arithmetic.ts";
import { BigFloat } from "./big-float.ts";
import { formatBigFloat } from "./big-float-format.ts";
import { bigFloatText, parseBigFloat } from "./big-float-text.ts";

function number(text: string): BigFloat {
  const parsed = parseBigFloat(text);
  assert.ok(parsed !== undefined, `not a number: ${text}`);
  return parsed;
}

test("a third has 155 digits and tenths add up", () => {
  assert.equal(bigFloatText(number("1").divide(number("3"))), `0.${"3".repeat(154)}5`);
  assert.equal(bigFloatText(number("0.1").add(number("0.2"))), "0.3");
});

test("large and small numbers are written in full", () => {
  assert.equal(bigFloatText(number("1e21")), "1000000000000000000000");
  assert.equal(bigFloatText(number("1.5e-7")), "0.00000015");
  assert.equal(bigFloatText(number("12345678901234567890.0")), "12345678901234567890");
});

test("zero keeps its sign in text and loses it in comparison", () => {
  const negative = number("0").negate();

  assert.equal(bigFloatText(negative), "-0");
  assert.equal(negative.compare(number("0")), 0);
});

test("an operand's precision decides how much of a quotient is kept", () => {
  const [three, seven] = [BigFloat.fromInteger(3), BigFloat.fromInteger(7)];

  assert.equal(bigFloatText(three.divide(seven)), "0.42857142857142857144");
  assert.equal(bigFloatText(BigFloat.fromNumber(0.1)), "0.1");
});

test("a product has the bits it needs", () => {
  const large = BigFloat.fromInteger(2n ** 63n - 1n);

  assert.equal(bigFloatText(multiplyNumbers(large, large)), String((2n ** 63n - 1n) ** 2n));
});

test("what is no decimal number is not read", () => {
  for (const text of ["", " 1", "1 ", "0x10", "1_000", "1e", ".", "-", "NaN", "infinity", "1e+", "٣"]) {
    assert.equal(parseBigFloat(text), undefined, text);
  }
});

test("forms that Go takes are read", () => {
  const texts = {
    ".5": "0.5",
    "5.": "5",
    "+7": "7",
    "-1.50": "-1.5",
    "1E3": "1000",
    "1p3": "8",
    Inf: "+Inf",
    "-inf": "-Inf",
  };

  for (const [text, shown] of Object.entries(texts)) assert.equal(bigFloatText(number(text)), shown);
});

test("numbers out of all bounds are refused quickly", () => {
  assert.equal(parseBigFloat("1e999999999"), undefined);
  assert.equal(parseBigFloat("1e-999999999"), undefined);
  let large = number("1e70000");
  for (let times = 0; times < 40; times++) large = large.multiply(large);
  assert.ok(large.infinite);
});

test("the nearest double is found for normal, subnormal and overflowing numbers", () => {
  const doubles = [
    "0.1",
    "5e-324",
    "2e-324",
    "2.2250738585072011e-308",
    "1.7976931348623157e308",
    "123456789.123",
    "-1e23",
  ];

  for (const text of doubles) assert.equal(number(text).toNumber(), Number(text), text);
  assert.equal(number("1e309").toNumber(), Number.POSITIVE_INFINITY);
});

test("infinities follow the rules, and have no value where there is none", () => {
  const infinity = number("1").divide(number("0"));

  assert.equal(bigFloatText(infinity.negate()), "-Inf");
  assert.ok(infinity.compare(number("1e1000")) > 0);
  assert.throws(() => infinity.add(infinity.negate()), RangeError);
  assert.throws(() => infinity.multiply(number("0")), RangeError);
  assert.throws(() => number("0").divide(number("0")), RangeError);
});

test("numbers are written with so many digits as asked for", () => {
  const value = number("1234.5678");

  assert.equal(formatBigFloat(value, "f", 2), "1234.57");
  assert.equal(formatBigFloat(value, "e", 3), "1.235e+03");
  assert.equal(formatBigFloat(value, "g", 3), "1.23e+03");
  assert.equal(formatBigFloat(value, "g", -1), "1234.5678");
  assert.equal(formatBigFloat(number("0.006"), "f", 2), "0.01");
  assert.equal(formatBigFloat(number("0.0001"), "f", 2), "0.00");
});

test("any number that is written is read back as the same one", () => {
  let value = number("0.7");
  for (let step = 1; step < 200; step++) {
    value = value.multiply(number("1.37")).divide(BigFloat.fromInteger(step % 7 || 3));
    assert.equal(number(bigFloatText(value)).compare(value), 0);
  }
});
