import { mkdirSync, realpathSync, write, writeSync } from "node:fs";
import { promisify } from "node:util";
import { isProblem, messageOf, type Problem } from "@opendepot/base";
import { type ByteString, toText } from "../../filter/byte-string.ts";
import { Packet, Packet_PacketType as PacketType } from "../../gen/fsutil/types/wire.ts";
import { GrpcCode, GrpcError } from "../../rpc/grpc-error.ts";
import { encode } from "../../wire/index.ts";
import { GoMode, hasBits, isRegular } from "../file-sync/go-file-mode.ts";
import { decodePacket, type RawPacket, type RawStat } from "../file-sync/packet.ts";
import { Slice } from "../file-sync/slice.ts";
import { outputUnwritable, protocolViolated } from "../problems.ts";
import type { SessionCall } from "../service.ts";
import { loadXattrs } from "../xattrs/load-xattrs.ts";
import { FolderWriter, type OutputFile } from "./folder-writer.ts";
import { ListingCheck } from "./listing-check.ts";

const writeAsync = promisify(write);

/** Files asked for at once. BuildKit's sender works on four. */
const MAX_OPEN_FILES = 64;

/** Content of a file is gathered up to this size before it is written. */
const GATHER_BYTES = 256 * 1024;

/** Up to this size, handing a write to another thread costs more than the write. */
const SYNC_WRITE_BYTES = 64 * 1024;

/** How a folder is received. */
export interface FolderOptions {
  readonly isMirror: boolean;
  readonly onWarning: ((problem: Problem) => void) | undefined;
}

/**
 * Receives the files of a `local` exporter into a folder, which is created when missing, as fsutil's `Receive` does:
 * what is there and not in the result stays, or goes once all is there when the folder is to be a mirror. Owners are
 * left to be ours.
 *
 * @throws {Problem} `output_unwritable`, `engine_protocol`; files received whole by then stay
 */
export async function receiveFolder(call: SessionCall, path: string, options: FolderOptions): Promise<void> {
  const receiver = new FolderReceiver(call, new FolderWriter(openRoot(path)), options);
  try {
    await receiver.run();
  } catch (error) {
    receiver.discard();
    const text = isProblem(error) && error.hint ? `${error.message} (${error.hint})` : messageOf(error);
    const packet = encode(Packet, { type: PacketType.PACKET_ERR, data: Buffer.from(text) });
    if (!call.signal.aborted) await call.send(packet).catch(() => undefined);
    throw error;
  }
}

function openRoot(path: string): ByteString {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return realpathSync.native(path, "latin1");
  } catch (error) {
    throw outputUnwritable(path, error);
  }
}

interface Incoming {
  readonly stat: RawStat;
  /** Opened when the first content arrives. */
  file: OutputFile | undefined;
  received: bigint;
  gathered: Uint8Array[];
  gatheredBytes: number;
}

class FolderReceiver {
  readonly #call: SessionCall;
  readonly #writer: FolderWriter;
  readonly #options: FolderOptions;
  readonly #check = new ListingCheck();
  /** Files asked for, by the index of their entry. */
  readonly #incoming = new Map<number, Incoming>();
  readonly #waiting: Array<{ readonly id: number; readonly stat: RawStat }> = [];
  #waitingAt = 0;
  readonly #directories: RawStat[] = [];
  readonly #hardLinks: RawStat[] = [];
  /** Paths of all entries; undefined when nothing is to be removed. */
  readonly #listed: Set<ByteString> | undefined;
  #count = 0;
  #isListed = false;

  constructor(call: SessionCall, writer: FolderWriter, options: FolderOptions) {
    this.#call = call;
    this.#writer = writer;
    this.#options = options;
    if (options.isMirror) this.#listed = new Set();
  }

  async run(): Promise<void> {
    const slice = new Slice();
    let isFinished = false;
    for await (const message of this.#call.messages) {
      const packet = decodePacket(message);
      if (packet.type === PacketType.PACKET_FIN) {
        if (isFinished) return;
        throw protocolViolated("it ended before everything was there");
      }
      await this.#take(packet);
      if (this.#isComplete && !isFinished) {
        isFinished = true;
        this.#finish();
        await this.#call.send(encode(Packet, { type: PacketType.PACKET_FIN }));
      }
      if (slice.isOver) await slice.rest();
      this.#call.signal.throwIfAborted();
    }
    throw new GrpcError(GrpcCode.aborted, "the engine ended the file transfer early");
  }

  /** Removes what is unfinished. */
  discard(): void {
    for (const { file } of this.#incoming.values()) if (file) this.#writer.discardFile(file);
  }

  get #isComplete(): boolean {
    return this.#isListed && this.#incoming.size === 0 && this.#waitingAt === this.#waiting.length;
  }

  async #take(packet: RawPacket): Promise<void> {
    switch (packet.type) {
      case PacketType.PACKET_STAT:
        if (this.#isListed) throw protocolViolated("entries after the end of the listing");
        if (packet.stat) await this.#list(packet.stat);
        else this.#isListed = true;
        break;
      case PacketType.PACKET_DATA:
        await this.#receive(packet);
        break;
      case PacketType.PACKET_ERR:
        throw new GrpcError(GrpcCode.aborted, `error from the engine: ${Buffer.from(packet.data).toString("utf8")}`);
      default:
        throw protocolViolated(`packet of type ${packet.type}`);
    }
  }

  async #list(stat: RawStat): Promise<void> {
    const id = this.#count++;
    this.#check.accept(stat);
    this.#listed?.add(stat.path);
    if (stat.xattrs.length > 0) this.#writer.xattrs ??= await loadXattrs(this.#options.onWarning);
    if (hasBits(stat.mode, GoMode.directory)) {
      this.#writer.makeDirectory(stat.path);
      this.#directories.push(stat);
    } else if (hasBits(stat.mode, GoMode.symlink)) this.#writer.makeSymlink(stat);
    else if (!isRegular(stat.mode)) this.#writer.makeSpecial(stat);
    else if (stat.linkname !== "") this.#hardLinks.push(stat);
    else {
      this.#waiting.push({ id, stat });
      await this.#request();
    }
  }

  /** Asks for the files that are next, as many as may be open. */
  async #request(): Promise<void> {
    while (this.#incoming.size < MAX_OPEN_FILES) {
      const next = this.#waiting[this.#waitingAt];
      if (!next) break;
      this.#waitingAt++;
      this.#incoming.set(next.id, { stat: next.stat, file: undefined, received: 0n, gathered: [], gatheredBytes: 0 });
      await this.#call.send(encode(Packet, { type: PacketType.PACKET_REQ, id: next.id }));
    }
    if (this.#waitingAt !== this.#waiting.length) return;
    this.#waiting.length = 0;
    this.#waitingAt = 0;
  }

  async #receive({ id, data }: RawPacket): Promise<void> {
    const incoming = this.#incoming.get(id);
    if (!incoming) throw protocolViolated(`content of file ${id}, which was not asked for`);
    incoming.received += BigInt(data.length);
    checkSize(incoming, data.length === 0);
    incoming.file ??= this.#writer.openFile(incoming.stat.path);
    if (data.length > 0) {
      incoming.gathered.push(data);
      incoming.gatheredBytes += data.length;
      if (incoming.gatheredBytes >= GATHER_BYTES) await writeGathered(incoming, incoming.file);
      return;
    }
    await writeGathered(incoming, incoming.file);
    const { file } = incoming;
    this.#writer.finishFile(file, incoming.stat);
    this.#incoming.delete(id);
    await this.#request();
  }

  #finish(): void {
    for (const stat of this.#hardLinks) this.#writer.makeHardLink(stat);
    if (this.#listed) this.#removeOthers(this.#listed);
    // Children first: setting a time or a mode must not be undone, or forbidden, by what follows.
    for (const stat of this.#directories.reverse()) this.#writer.finishDirectory(stat);
  }

  #removeOthers(listed: ReadonlySet<ByteString>): void {
    for (const path of ["", ...this.#directories.map((stat) => stat.path)]) {
      this.#writer.removeOthers(path, (entry) => listed.has(entry));
    }
  }
}

/** A file is as large as was listed: whatever else comes is not what was built. */
function checkSize({ received, stat: { path, size } }: Incoming, isWhole: boolean): void {
  if (received > size || (isWhole && received < size)) {
    throw protocolViolated(`${JSON.stringify(toText(path))} has ${received} bytes instead of ${size}`);
  }
}

async function writeGathered(incoming: Incoming, { fd, path }: OutputFile): Promise<void> {
  const { gathered, gatheredBytes } = incoming;
  const content = gathered.length === 1 && gathered[0] ? gathered[0] : Buffer.concat(gathered);
  incoming.gathered = [];
  incoming.gatheredBytes = 0;
  try {
    for (let at = 0; at < content.length; ) {
      const rest = content.subarray(at);
      at += gatheredBytes <= SYNC_WRITE_BYTES ? writeSync(fd, rest) : (await writeAsync(fd, rest)).bytesWritten;
    }
  } catch (error) {
    throw outputUnwritable(toText(path), error);
  }
}
