import { Problem, type Secret } from "@opendepot/base";

/** Where an S3 store keeps its bytes, and how it gets there. */
export interface S3StoreOptions {
  /** It has to exist. */
  readonly bucket: string;
  /** Keys begin with this. Default: none. A slash at the end is added. */
  readonly prefix?: string | undefined;
  /** Default: `us-east-1`, which stores other than Amazon's mostly take. */
  readonly region?: string | undefined;
  /** Of a store that is not Amazon's: `https://minio.example.org:9000`. */
  readonly endpoint?: URL | undefined;
  /** Default: what Amazon's own tools would use (environment, shared files, the machine's role). */
  readonly credentials?: S3Credentials | undefined;
  /** Whether the bucket stands in the path, not in the host name. Default: true with `endpoint`. */
  readonly forcePathStyle?: boolean | undefined;
  /**
   * What a blob is sent in, in bytes, from 5 MiB on. A blob has at most 10,000 such parts, and an append holds some of
   * them in memory. Default: 8 MiB.
   */
  readonly partBytes?: number | undefined;
  /** Lets clients fetch blobs from the bucket by themselves, with signed addresses. Default: they may not. */
  readonly redirect?: S3RedirectOptions | undefined;
}

/** A key of the store. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
}

/** How clients reach the bucket. */
export interface S3RedirectOptions {
  /** Where clients reach the store, if not at the `endpoint` that the server uses. */
  readonly endpoint?: URL | undefined;
}

/** Options with their defaults. */
export interface ResolvedS3Options {
  readonly bucket: string;
  /** Empty, or with a slash at the end. */
  readonly prefix: string;
  readonly region: string;
  readonly endpoint: URL | undefined;
  readonly credentials: S3Credentials | undefined;
  readonly forcePathStyle: boolean;
  readonly partBytes: number;
  readonly redirect: S3RedirectOptions | undefined;
}

const MIB = 1024 * 1024;
/** What S3 takes as a part that is not the last. */
const MIN_PART_BYTES = 5 * MIB;
const MAX_PART_BYTES = 512 * MIB;

/**
 * Fills in what was left out.
 *
 * @throws {Problem} `s3_options_invalid`
 */
export function resolveS3Options(options: S3StoreOptions): ResolvedS3Options {
  const { bucket, prefix = "", partBytes = 8 * MIB } = options;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw invalid(`${JSON.stringify(bucket)} is no bucket's name`);
  if (!/^[A-Za-z0-9!_.*'()/-]{0,500}$/.test(prefix) || prefix.startsWith("/")) {
    throw invalid(`keys cannot begin with ${JSON.stringify(prefix)}`);
  }
  if (!Number.isInteger(partBytes) || partBytes < MIN_PART_BYTES || partBytes > MAX_PART_BYTES) {
    throw invalid(`parts of ${partBytes} bytes are not between 5 and 512 MiB`);
  }
  return Object.freeze({
    bucket,
    prefix: prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`,
    region: options.region ?? "us-east-1",
    endpoint: options.endpoint,
    credentials: options.credentials,
    forcePathStyle: options.forcePathStyle ?? options.endpoint !== undefined,
    partBytes,
    redirect: options.redirect,
  });
}

function invalid(why: string): Problem<"s3_options_invalid"> {
  return new Problem("s3_options_invalid", `cannot use S3: ${why}`, { hint: "correct the options of the blob store" });
}
