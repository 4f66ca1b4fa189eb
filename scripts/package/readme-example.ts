/** The first TypeScript example of a README, or undefined. */
export function readExample(readme: string): string | undefined {
  return /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
}

/**
 * The example as a program that checks itself: a comment that is a JSON value states what the statement before it
 * gives, as in `const name = read(); // "value"` or `web?.image; // "value"`.
 */
export function checkedExample(example: string): string {
  const lines = example.split("\n").flatMap((line) => {
    const [, name, expression, comment = ""] = /^(?:const (\w+) = )?(.+?);\s+\/\/ (.+)$/.exec(line) ?? [];
    if (expression === undefined || !isJson(comment)) return [line];
    const actual = name ?? expression;
    const check = `deepEqual(${actual}, ${comment});`;
    return name === undefined ? [check] : [line, check];
  });
  return `import { deepEqual } from "node:assert/strict";\n${lines.join("\n")}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
