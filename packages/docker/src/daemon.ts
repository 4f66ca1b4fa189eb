import type { DockerHttp } from "./http.ts";
import { dockerAnswerInvalid } from "./problems.ts";

/** What a Docker says of itself. */
export interface DockerDaemon {
  /** The engine's, for instance `28.5.2`. */
  readonly version: string;
  /** Where it keeps images. */
  readonly imageStore: "containerd" | "graphdriver";
  /** Go's GOOS of its containers, for instance `linux`. */
  readonly os: string;
  /** As the kernel names it, for instance `x86_64`. */
  readonly architecture: string;
  /** Its machine's name. */
  readonly hostName: string;
  /** For instance `Debian GNU/Linux 12 (bookworm)` or `Docker Desktop`. */
  readonly operatingSystem: string;
}

/** What tells the containerd image store in `docker info`. */
const CONTAINERD_DRIVER = "io.containerd.snapshotter.v1";

/** Docker Engine API "Get system information". */
export async function readDaemon(http: DockerHttp, signal: AbortSignal | undefined): Promise<DockerDaemon> {
  const answer = await http.json({ method: "GET", path: "/info", action: "say what it is", signal });
  const info = Object(answer) as Record<string, unknown>;
  if (typeof info["ServerVersion"] !== "string") throw dockerAnswerInvalid(http.name, "/info names no version");
  const status = Array.isArray(info["DriverStatus"]) ? info["DriverStatus"] : [];
  const isContainerd = status.some((pair) => Array.isArray(pair) && pair[1] === CONTAINERD_DRIVER);
  const textOf = (key: string): string => (typeof info[key] === "string" ? info[key] : "");
  return {
    version: info["ServerVersion"],
    imageStore: isContainerd ? "containerd" : "graphdriver",
    os: textOf("OSType"),
    architecture: textOf("Architecture"),
    hostName: textOf("Name"),
    operatingSystem: textOf("OperatingSystem"),
  };
}
