import { Packet, Packet_PacketType as PacketType, type Stat } from "../gen/fsutil/types/wire.ts";
import { decode, encode } from "../wire/index.ts";
import type { EngineSide } from "./memory-call.ts";

/** An entry as it arrived; `content` for files that were asked for. */
export interface ReceivedEntry {
  readonly stat: Stat;
  /** The path's bytes as latin1: `stat.path` is not exact for names that are not UTF-8. */
  readonly path: string;
  content: Buffer | undefined;
}

/** Options of {@link receiveTree}. */
export interface ReceiveOptions {
  /** Whether to ask for an entry's content. Default: all regular files that are no hard links. */
  readonly wants?: ((entry: ReceivedEntry) => boolean) | undefined;
  /** Called when an entry arrives, before its content is asked for. */
  readonly onEntry?: ((entry: ReceivedEntry) => void | Promise<void>) | undefined;
}

const NOT_A_FILE = 0x8f280000; // Go's os.ModeType

/**
 * Receives a tree as BuildKit does (fsutil `Receive`): asks for content while the listing still arrives, says FIN
 * when it has all, and wants FIN in return.
 *
 * @throws what the sender says in an ERR packet
 */
export async function receiveTree(side: EngineSide, options: ReceiveOptions = {}): Promise<ReceivedEntry[]> {
  const entries: ReceivedEntry[] = [];
  const open = new Map<number, Buffer[]>();
  let isListed = false;
  let isFinished = false;
  for await (const message of side.messages) {
    const packet = decode(Packet, message);
    if (packet.type === PacketType.PACKET_ERR) throw new Error(`error from sender: ${Buffer.from(packet.data)}`);
    if (packet.type === PacketType.PACKET_FIN) {
      if (!isFinished) throw new Error("FIN before FIN was said");
      side.end();
      return entries;
    }
    if (packet.type === PacketType.PACKET_DATA) takeData(packet, entries, open);
    else if (!packet.stat) isListed = true;
    else {
      const entry: ReceivedEntry = { stat: packet.stat, path: rawPath(message), content: undefined };
      const id = entries.push(entry) - 1;
      await options.onEntry?.(entry);
      if (wantsContent(entry, options)) {
        open.set(id, []);
        await side.send(encode(Packet, { type: PacketType.PACKET_REQ, id }));
      }
    }
    if (isListed && open.size === 0 && !isFinished) {
      isFinished = true;
      await side.send(encode(Packet, { type: PacketType.PACKET_FIN }));
    }
  }
  throw new Error("the sender ended without FIN");
}

function wantsContent(entry: ReceivedEntry, options: ReceiveOptions): boolean {
  if ((entry.stat.mode & NOT_A_FILE) !== 0 || entry.stat.linkname !== "") return false;
  return options.wants?.(entry) ?? true;
}

function takeData(packet: Packet, entries: readonly ReceivedEntry[], open: Map<number, Buffer[]>): void {
  const pieces = open.get(packet.id);
  const entry = entries[packet.id];
  if (!pieces || !entry) throw new Error(`data for file ${packet.id}, which was not asked for`);
  if (packet.data.length > 0) pieces.push(Buffer.from(packet.data));
  else {
    entry.content = Buffer.concat(pieces);
    open.delete(packet.id);
  }
}

/** The first field of the STAT packet's stat, as bytes. Lengths are read as varints. */
function rawPath(message: Uint8Array): string {
  let at = 1;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  varint(); // length of the stat
  at++; // tag of the path
  const length = varint();
  return Buffer.from(message.subarray(at, at + length)).toString("latin1");
}
