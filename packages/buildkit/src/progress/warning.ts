import type { VertexWarning } from "../gen/moby/buildkit/v1/control.ts";

/** Warnings that say the same of different vertices, as those of a build for several platforms, once each. */
export class WarningList {
  readonly #byContent = new Map<string, VertexWarning>();

  add(warnings: readonly VertexWarning[]): void {
    for (const warning of warnings) {
      const key = contentOf(warning);
      if (!this.#byContent.has(key)) this.#byContent.set(key, warning);
    }
  }

  /** In the order of their coming. */
  toArray(): readonly VertexWarning[] {
    return [...this.#byContent.values()];
  }
}

function contentOf({ level, short, detail, url, info, ranges }: VertexWarning): string {
  const texts = [short, ...detail, info?.data ?? new Uint8Array()].map((bytes) =>
    Buffer.from(bytes).toString("base64"),
  );
  return JSON.stringify([Number(level), url, info?.filename, ranges, texts]);
}
