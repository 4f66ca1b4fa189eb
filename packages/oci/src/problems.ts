import { Problem } from "@opendepot/base";

/** What can be wrong with a reference, a digest or a platform. */
export type OciProblemCode = "reference_invalid" | "digest_invalid" | "platform_invalid";

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
