import type { StatusResponseJson } from "@opendepot/api";
import type { StatusResponse, Vertex, VertexLog, VertexStatus } from "@opendepot/buildkit/wire";

/** Status of the client's own steps in protobuf's JSON form, as the API takes it. */
export function toStatusJson({ vertexes, statuses, logs }: StatusResponse): StatusResponseJson {
  return { vertexes: vertexes.map(vertexJson), statuses: statuses.map(vertexStatusJson), logs: logs.map(logJson) };
}

type Timestamp = NonNullable<Vertex["started"]>;

function vertexJson({ digest, inputs, name, cached, error, started, completed }: Vertex): object {
  return { digest, inputs, name, cached, error, ...times({ started, completed }) };
}

function vertexStatusJson({ current, total, timestamp, started, completed, id, ...rest }: VertexStatus): object {
  const { vertex, name } = rest;
  return {
    ID: id,
    vertex,
    name,
    current: `${current}`,
    total: `${total}`,
    ...times({ timestamp, started, completed }),
  };
}

function logJson({ vertex, timestamp, stream, msg }: VertexLog): object {
  return { vertex, stream: `${stream}`, msg: Buffer.from(msg).toString("base64"), ...times({ timestamp }) };
}

function times(values: Readonly<Record<string, Timestamp | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, rfc3339(value)]])),
  );
}

function rfc3339({ seconds, nanos }: Timestamp): string {
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}.${String(nanos).padStart(9, "0")}Z`;
}
