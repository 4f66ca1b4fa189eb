import { once } from "node:events";
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** More than any registry takes, so that what a registry makes of headers is the registry's. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** A GET of a blob that went through. */
export interface RecordedPull {
  readonly digest: string;
  /** The ranges asked for, as they were written; none for the whole. */
  readonly ranges: readonly string[];
  readonly status: number;
  readonly contentType: string | undefined;
  /** Of the body, as far as it was sent. */
  bytes: number;
}

/** A way to a registry on which it is seen what is pulled. Disposing ends the way, not the registry. */
export interface PullRecorder extends AsyncDisposable {
  /** `127.0.0.1:port`, for the registry behind it. */
  readonly host: string;
  /** What was pulled since this was asked for last. */
  take(): RecordedPull[];
}

/** Stands before the registry at `behind`, which speaks plain HTTP. */
export async function startPullRecorder(behind: string): Promise<PullRecorder> {
  const pulls: RecordedPull[] = [];
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) =>
    forward(behind, request, response, pulls),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => pulls.splice(0),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function forward(behind: string, request: IncomingMessage, response: ServerResponse, pulls: RecordedPull[]): void {
  const { method, url = "", headers } = request;
  const onward = requestHttp(`http://${behind}${url}`, { method, headers }, (answer) => {
    const digest = /\/blobs\/(sha256:[0-9a-f]+)$/.exec(url)?.[1];
    if (method === "GET" && digest) {
      const ranges = headers.range?.replace(/^bytes=/, "").split(",") ?? [];
      const pull = { digest, ranges, status: answer.statusCode ?? 0, contentType: answer.headers["content-type"] };
      const recorded: RecordedPull = { ...pull, bytes: 0 };
      pulls.push(recorded);
      answer.on("data", (piece: Buffer) => {
        recorded.bytes += piece.length;
      });
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.once("error", () => response.destroy());
  request.pipe(onward);
}
