/** Reads what a builder has stored; an implementation over BuildKit's content service is {@link builderContent}. */
export interface ContentSource {
  /** The size of a blob in bytes; undefined when the builder does not have it any more. */
  info(digest: string, signal: AbortSignal): Promise<{ readonly size: number } | undefined>;
  /** `size` bytes of a blob from `offset` on, in pieces that come as fast as they are taken. */
  read(digest: string, offset: number, size: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}
