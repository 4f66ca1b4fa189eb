/**
 * Frees the memory of a chunk that is needed no more, by nobody. Left to the garbage collector, a gigabyte of chunks from a
 * socket makes it walk through the whole heap for every 40 MB of them, which costs as much again as passing them on. A
 * chunk that shares its memory with others, as pieces of small frames do, is left to it nevertheless.
 */
export function giveBack(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && chunk.length === buffer.byteLength) buffer.transfer(0);
}
