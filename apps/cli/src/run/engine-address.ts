import type { Endpoint } from "@opendepot/buildkit";
import { flagValueInvalid } from "../problems.ts";

/**
 * Reads the address of an engine that is to be used without a server: `unix:///path`, `tcp://host:port` or
 * `docker:///path`.
 *
 * @throws {Problem} `flag_value_invalid`
 */
export function parseEngineAddress(text: string): Endpoint {
  const url = URL.parse(text);
  const path = decodeURIComponent(url?.pathname ?? "");
  if (url?.protocol === "unix:" && path !== "") return { kind: "unix", path };
  if (url?.protocol === "docker:" && path !== "") return { kind: "docker", path };
  if (url?.protocol === "tcp:" && url.hostname !== "" && url.port !== "") {
    return { kind: "tcp", host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port) };
  }
  throw flagValueInvalid(
    "--buildkit-address",
    text,
    "it is no address of an engine",
    "write unix:///path, tcp://host:port or docker:///path",
  );
}
