import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatAmount, formatBytes, formatOffset } from "./format.ts";
import { toRfc3339, toTimestamp } from "./timestamp.ts";

describe("formatBytes", () => {
  it("uses decimal units from 1 kB on", () => {
    const bytes = [0n, 999n, 1000n, 1_980_000n, 5_000_000_000n, 9_223_372_036_854_775_807n];
    assert.deepEqual(bytes.map(formatBytes), ["0B", "999B", "1.00kB", "1.98MB", "5.00GB", "9.22EB"]);
  });
});

describe("formatAmount", () => {
  it("shows what is known", () => {
    assert.equal(formatAmount(1_500n, 3_000n), "1.50kB / 3.00kB");
    assert.equal(formatAmount(20n, 0n), "20B");
    assert.equal(formatAmount(0n, 0n), "");
  });
});

describe("formatOffset", () => {
  it("keeps the width of log lines about the same", () => {
    assert.deepEqual([91, 12_345, 123_456, -5].map(formatOffset), ["0.091", "12.35", "123.5", "0.000"]);
  });
});

describe("toRfc3339", () => {
  it("prints nanoseconds without the zeros at their end", () => {
    assert.equal(toRfc3339({ seconds: 1_767_323_045n, nanos: 120_000_001 }), "2026-01-02T03:04:05.120000001Z");
    assert.equal(toRfc3339(toTimestamp(new Date("2026-01-02T03:04:05.120Z"))), "2026-01-02T03:04:05.12Z");
    assert.equal(toRfc3339(undefined), "1970-01-01T00:00:00Z");
  });

  it("survives moments that no calendar has", () => {
    assert.equal(toRfc3339({ seconds: 1n << 62n, nanos: -1 }), "9999-12-31T23:59:59Z");
  });
});
