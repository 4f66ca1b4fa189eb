import { Problem } from "@opendepot/base";

/** What can be wrong with a reference, a digest, a platform or a manifest. */
export type OciProblemCode = "reference_invalid" | "digest_invalid" | "platform_invalid" | "manifest_invalid";

/** A text that is no image reference. */
export function referenceInvalid(text: string, why: string): Problem<"reference_invalid"> {
  return new Problem("reference_invalid", `invalid image reference ${JSON.stringify(text)}: ${why}`, {
    hint: "write [registry[:port]/]repository[:tag][@digest], for instance ghcr.io/acme/app:1.2",
    detail: { reference: text },
  });
}

/** A text that is no content digest. */
export function digestInvalid(text: string): Problem<"digest_invalid"> {
  return new Problem("digest_invalid", `not a sha256, sha384 or sha512 digest: ${JSON.stringify(text)}`, {
    hint: "a digest looks like sha256: followed by 64 lower-case hex digits",
    detail: { digest: text },
  });
}

/** A text that is no platform. */
export function platformInvalid(text: string, why: string, cause?: unknown): Problem<"platform_invalid"> {
  return new Problem("platform_invalid", `invalid platform ${JSON.stringify(text)}: ${why}`, {
    hint: "write os/architecture[/variant], for instance linux/amd64 or linux/arm/v7",
    detail: { platform: text },
    cause,
  });
}

/** Bytes that are no image manifest or index, or one that cannot be taken. */
export function manifestInvalid(why: string, cause?: unknown): Problem<"manifest_invalid"> {
  return new Problem("manifest_invalid", `invalid image manifest: ${why}`, { cause });
}
