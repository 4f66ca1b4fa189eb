import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { testdataLines } from "./progress/testing/recording.ts";
import { renderSourceExcerpt } from "./source-excerpt.ts";

const data = Buffer.from("FROM scratch\nWORKDIR /src\nCOPY . .\nRUN make\nRUN make test\nCMD run\n");

function excerpt(...ranges: ReadonlyArray<readonly [from: number, to?: number]>): string {
  const toRange = ([from, to]: readonly [number, number?]) => ({
    start: { line: from },
    end: to === undefined ? undefined : { line: to },
  });
  return renderSourceExcerpt({ filename: "Dockerfile", data, ranges: ranges.map(toRange) });
}

function marked(text: string): string[] {
  return text.split("\n").filter((line) => line.includes(">>>"));
}

describe("renderSourceExcerpt", () => {
  it("shows a failing line between the two lines before and after it", () => {
    assert.equal(
      excerpt([4, 4]),
      [
        "Dockerfile:4",
        "--------------------",
        "   2 |     WORKDIR /src",
        "   3 |     COPY . .",
        "   4 | >>> RUN make",
        "   5 |     RUN make test",
        "   6 |     CMD run",
        "--------------------",
        "",
      ].join("\n"),
    );
  });

  it("shows several lines between one before and one after", () => {
    const text = excerpt([2, 3]);
    assert.deepEqual(marked(text), ["   2 | >>> WORKDIR /src", "   3 | >>> COPY . ."]);
    assert.equal(text.split("\n").length, 8);
  });

  it("prints what buildctl printed for the same failure", () => {
    const [warned] = testdataLines("failing.rawjson").filter((line) => line.includes("sourceInfo"));
    const { warnings }: { warnings: { sourceInfo: { data: string } }[] } = JSON.parse(warned ?? "");
    const source = Buffer.from(warnings[0]?.sourceInfo.data ?? "", "base64");
    const text = renderSourceExcerpt({
      filename: "failing.Dockerfile",
      data: source,
      ranges: [{ start: { line: 16 } }],
    });
    assert.deepEqual(text.split("\n"), [
      "failing.Dockerfile:16",
      "--------------------",
      "  14 |     COPY --from=left /bin/busybox /left",
      "  15 |     COPY --from=right /bin/busybox /right",
      '  16 | >>> RUN echo before the end; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do echo "log $i"; done; exit 3',
      "  17 |     ",
      "--------------------",
      "",
    ]);
  });

  it("marks all ranges and the lines between only as context", () => {
    assert.deepEqual(marked(excerpt([5, 5], [2, 2])), ["   2 | >>> WORKDIR /src", "   5 | >>> RUN make test"]);
  });

  it("stops at the ends of the source", () => {
    assert.match(excerpt([1]), /^Dockerfile:1\n-+\n {3}1 \| >>> FROM scratch\n {3}2 .*\n {3}3 .*\n-+\n$/);
    assert.match(excerpt([6, 900]), / {3}7 \| >>> \n-+\n$/);
  });

  it("is empty without a range inside of the source", () => {
    for (const ranges of [[], [[0, 0]], [[8, 9]], [[-3, 2]], [[Number.NaN, Number.NaN]]] as [number, number][][]) {
      assert.equal(excerpt(...ranges), "");
    }
    assert.equal(renderSourceExcerpt({ filename: "Dockerfile", data, ranges: [{}] }), "");
  });

  it("reads a range that ends before it starts as one line", () => {
    assert.deepEqual(marked(excerpt([4, 2])), ["   4 | >>> RUN make"]);
  });

  it("shows tabs as they are, and nothing that controls a terminal", () => {
    const source = Buffer.from("RUN \x1b]0;owned\x07\tmake\x1b[2J\r\n");
    const text = renderSourceExcerpt({
      filename: "\x1b[1mDocker\nfile",
      data: source,
      ranges: [{ start: { line: 1 } }],
    });
    assert.equal(text.split("\n")[0], "Docker file:1");
    assert.deepEqual(marked(text), ["   1 | >>> RUN \tmake"]);
  });

  it("marks in red when colours are wanted", () => {
    const text = renderSourceExcerpt({ filename: "f", data, ranges: [{ start: { line: 1 } }] }, { useColors: true });
    assert.ok(text.includes("\x1b[31m   1 | >>> FROM scratch\x1b[0m\n"));
  });

  it("prints a bounded part of a hostile source, in no time", () => {
    const began = performance.now();
    const ranges = Array.from({ length: 50_000 }, () => ({ start: { line: 1 }, end: { line: 2 ** 31 - 1 } }));
    const lines = renderSourceExcerpt({ filename: "f".repeat(1e6), data: Buffer.alloc(50e6, "\n"), ranges });
    assert.ok(lines.length < 50_000);
    assert.match(lines, /\.\.\. \d+ more lines\n/);
    const line = renderSourceExcerpt({
      filename: "f",
      data: Buffer.alloc(50e6, "x"),
      ranges: [{ start: { line: 1 } }],
    });
    assert.ok(line.length < 10_000);
    assert.ok(performance.now() - began < 2000);
  });
});
