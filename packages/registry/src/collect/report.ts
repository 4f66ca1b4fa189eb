/** What a collection has removed. */
export interface CollectReport {
  /** Tags that had expired, and those that keep referrers of what is gone. */
  readonly tags: number;
  /** Manifests that nothing named any more. */
  readonly manifests: number;
  /** Blobs taken from a repository whose manifests need them no more. */
  readonly links: number;
  /** Uploads that were abandoned, or left over from a crash. */
  readonly uploads: number;
  /** Blobs removed from the store, those left over from a crash among them. */
  readonly blobs: number;
  /** Bytes of these blobs, as far as they were known. */
  readonly bytes: number;
}
