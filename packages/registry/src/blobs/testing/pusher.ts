import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { contentOf } from "./content.ts";

/** Where a pushing process opens its store. */
export type PusherPlace =
  | { readonly kind: "folder"; readonly folder: string }
  | {
      readonly kind: "s3";
      readonly endpoint: string;
      readonly bucket: string;
      readonly prefix: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
    };

/** What a pushing process is told, as JSON in its one argument. */
export interface PusherOptions {
  readonly place: PusherPlace;
  /** Of its uploads, so that processes after one another do not meet. */
  readonly name: string;
}

/** What it tells, a line each. */
export type PusherEvent =
  | { readonly event: "piece" }
  | { readonly event: "created"; readonly id: string; readonly index: number }
  | { readonly event: "appended"; readonly id: string; readonly size: number }
  | { readonly event: "committed"; readonly id: string; readonly digest: string };

/** What is pushed as number `index`: some are smaller than a part, some have several. */
export function pushedContent(index: number): Buffer {
  return contentOf(1_000 + index, [1_000, 12_000_000, 300_000, 6_000_000][index % 4] ?? 0);
}

/** What a process had told until it was killed. */
export interface Pushed {
  /** Acknowledged bytes of uploads, by id. */
  readonly uploads: ReadonlyMap<string, { readonly index: number; readonly size: number }>;
  /** Digests that were acknowledged. */
  readonly committed: readonly string[];
}

/** Lets a process of its own push, and kills it with SIGKILL at its `lines`th line. */
export async function pushAndKill(options: PusherOptions, lines: number): Promise<Pushed> {
  const program = join(import.meta.dirname, "push-until-killed.ts");
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const uploads = new Map<string, { index: number; size: number }>();
  const committed: string[] = [];
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const event: PusherEvent = JSON.parse(line);
    if (event.event === "created") uploads.set(event.id, { index: event.index, size: 0 });
    if (event.event === "appended")
      uploads.set(event.id, { index: uploads.get(event.id)?.index ?? 0, size: event.size });
    if (event.event === "committed") {
      uploads.delete(event.id);
      committed.push(event.digest);
    }
    if (++seen === lines) child.kill("SIGKILL");
  }
  await closed;
  if (child.signalCode !== "SIGKILL") throw new Error(`the pushing process ended by itself with ${child.exitCode}`);
  return { uploads, committed };
}
