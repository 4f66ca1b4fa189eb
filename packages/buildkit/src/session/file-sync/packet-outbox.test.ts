import assert from "node:assert/strict";
import { lstatSync } from "node:fs";
import { describe, test } from "node:test";
import { Packet, type Packet as PacketMessage } from "../../gen/fsutil/types/wire.ts";
import { cutFrames } from "../../testing/memory-call.ts";
import { decode } from "../../wire/index.ts";
import type { Xattr } from "../xattrs/xattr.ts";
import { PacketOutbox } from "./packet-outbox.ts";
import type { TreeEntry } from "./tree-walk.ts";

const entry: TreeEntry = {
  path: "file",
  fsPath: import.meta.filename,
  stat: lstatSync(import.meta.filename, { bigint: true }),
  mode: 0o644,
  linkname: "",
};

/** Writes a STAT packet for each list of attributes, and gives what was sent. */
async function sent(...lists: ReadonlyArray<readonly Xattr[]>): Promise<PacketMessage[]> {
  const packets: PacketMessage[] = [];
  const outbox = new PacketOutbox(async (frames) => {
    for (const message of cutFrames(frames)) packets.push(decode(Packet, message));
  });
  for (const xattrs of lists) {
    await outbox.room(outbox.statBytes(entry, xattrs));
    outbox.writeStat(entry, xattrs);
  }
  await outbox.flush();
  return packets;
}

describe("a STAT packet", () => {
  test("holds attributes of all sizes, also more than a buffer holds", async () => {
    const sizes = [0, 1, 126, 127, 128, 16_383, 16_384, 65_536, 300_000, 3_000_000];
    const xattrs = sizes.map((size): Xattr => ({ name: `user.ü${size}`, value: Buffer.alloc(size, `${size},`) }));

    const packets = await sent([], xattrs, xattrs.slice(0, 3), xattrs, []);

    assert.deepEqual(
      packets.map(({ stat }) => Object.keys(stat?.xattrs ?? {}).length),
      [0, 10, 3, 10, 0],
    );
    for (const { name, value } of xattrs) {
      const arrived = packets[3]?.stat?.xattrs[name];
      assert.ok(arrived && Buffer.compare(arrived, value) === 0, name);
    }
    assert.equal(packets[3]?.stat?.size, entry.stat.size);
  });
});
