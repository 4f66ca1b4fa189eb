import { Problem } from "@opendepot/base";

/** What driving a build from this side may throw as a {@link Problem}. */
export type FrontendProblemCode = "engine_too_old" | "result_file_too_large" | "subrequest_result_invalid";

/** The engine lacks a part of the gateway API that cannot be done without. */
export function engineTooOld(capability: string): Problem<"engine_too_old"> {
  return new Problem("engine_too_old", `the engine cannot do ${capability}`, {
    hint: "use BuildKit 0.12 or Docker Engine 25, or newer",
    detail: { capability },
  });
}

/** A file of a result is larger than its reader takes. */
export function resultFileTooLarge(path: string, maxBytes: number): Problem<"result_file_too_large"> {
  return new Problem("result_file_too_large", `${path} of the build's result is larger than ${maxBytes} bytes`, {
    hint: "export the result and read the file from there",
    detail: { path, maxBytes },
  });
}

/** A frontend answered a subrequest with something that is none of its answers. */
export function subrequestResultInvalid(request: string, what: string): Problem<"subrequest_result_invalid"> {
  return new Problem("subrequest_result_invalid", `the frontend gave no usable answer to ${request}: ${what}`, {
    hint: "update the # syntax= line of the Dockerfile, or take it out",
    detail: { request },
  });
}
