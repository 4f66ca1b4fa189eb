/**
 * Frees the memory of a chunk that is needed no more, by nobody. Left to the garbage collector, a gigabyte of chunks from a
 * socket makes it walk through the whole heap for every 40 MB of them, which costs as much again as passing them on. A
 * chunk that shares its memory with others, as pieces of small frames do, is left to it nevertheless.
 *
 * @param ownedBefore so many bytes of the same memory before the chunk are nobody else's either; default 0
 */
export function giveBack(chunk: Uint8Array, ownedBefore = 0): void {
  const { buffer, byteOffset, byteLength } = chunk;
  const isWhole = byteOffset <= ownedBefore && byteOffset + byteLength === buffer.byteLength;
  if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
