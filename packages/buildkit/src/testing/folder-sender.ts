import { Packet, Packet_PacketType as PacketType, type Stat } from "../gen/fsutil/types/wire.ts";
import { createFileSend, type ExportOutput } from "../session/file-send/index.ts";
import { decode, encode, type Init } from "../wire/index.ts";
import { callInMemory, type EngineSide } from "./memory-call.ts";

/** Has `engine` send to one output, in one process. */
export function exportTo<T>(
  output: ExportOutput,
  engine: (side: EngineSide) => Promise<T>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<T> {
  return callInMemory(createFileSend([output]), {
    method: "DiffCopy",
    metadata,
    engine,
  });
}

/** Sends these entries, and `content` for whatever is asked for, until the receiver ends. */
export async function sendEntries(
  side: EngineSide,
  entries: ReadonlyArray<Init<Stat>>,
  content: string | readonly string[] = "evil",
): Promise<void> {
  for (const stat of entries) await side.send(encode(Packet, { stat }));
  await side.send(encode(Packet, {}));
  for await (const message of side.messages) {
    const { type, id, data } = decode(Packet, message);
    if (type === PacketType.PACKET_ERR) throw new Error(Buffer.from(data).toString());
    if (type === PacketType.PACKET_FIN) await side.send(encode(Packet, { type: PacketType.PACKET_FIN }));
    if (type !== PacketType.PACKET_REQ) continue;
    for (const piece of [content, ""].flat()) {
      await side.send(encode(Packet, { type: PacketType.PACKET_DATA, id, data: Buffer.from(piece) }));
    }
  }
}
