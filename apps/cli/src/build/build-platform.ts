import { flagValueInvalid } from "../problems.ts";

/** Which builder runs all platforms: the one that is native to each, or one of the two. */
export type BuildPlatform = "dynamic" | "amd64" | "arm64";

/**
 * Reads `--build-platform dynamic|linux/amd64|linux/arm64`.
 *
 * @throws {Problem} `flag_value_invalid`
 */
export function parseBuildPlatform(text = "dynamic"): BuildPlatform {
  if (text === "dynamic") return text;
  if (text === "linux/amd64") return "amd64";
  if (text === "linux/arm64") return "arm64";
  throw flagValueInvalid(
    "--build-platform",
    text,
    "there are no such builders",
    "use dynamic, linux/amd64 or linux/arm64",
  );
}
