/** Pushes the same bytes many times at once: `node push-many.ts URL TOKEN REPOSITORY COUNT BYTES`. Run by the benchmark. */
import { createHash } from "node:crypto";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const [url = "", token = "", repository = "", countText = "", bytesText = ""] = process.argv.slice(2);
const bytes = Number(bytesText);
const authorization = `Basic ${Buffer.from(`x-token:${token}`).toString("base64")}`;
const piece = Buffer.alloc(256 * 1024, "open depot");

function* content(): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, Math.min(left, piece.length));
}

const hash = createHash("sha256");
for (const part of content()) hash.update(part);
const digest = `sha256:${hash.digest("hex")}`;

async function push(): Promise<void> {
  const started = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: "POST", headers: { authorization } });
  const location = new URL(started.headers.get("location") ?? "", url);
  location.searchParams.set("digest", digest);
  const headers = { authorization, "content-length": bytes, "content-type": "application/octet-stream" };
  const sending = request(location, { method: "PUT", headers });
  const status = new Promise((resolve, reject) => {
    sending.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
  });
  await pipeline(Readable.from(content(), { highWaterMark: 1 }), sending);
  if ((await status) !== 201) throw new Error(`refused with ${await status}`);
}

await Promise.all(Array.from({ length: Number(countText) }, push));
