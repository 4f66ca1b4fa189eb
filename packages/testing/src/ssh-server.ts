import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { runProgram } from "./run-program.ts";
import { prepareTestTools } from "./tools.ts";

/** A real OpenSSH server on loopback. Disposing stops it and ends its connections. */
export interface TestSshServer extends AsyncDisposable {
  /** `root@127.0.0.1:port`, for `ssh://` addresses. */
  readonly login: string;
  /** What it has logged so far. */
  log(): string;
}

/** What an SSH server is started with. */
export interface TestSshServerOptions {
  /** The public keys that it lets in, a line each as `ssh-keygen` writes them. */
  readonly authorizedKeys: string;
}

/**
 * Starts the server of OpenSSH, as Debian packages it: one process for each connection, with users, runtime folder and
 * settings of its own. It runs as root, which tests with engines do anyway. The test disposes of it.
 *
 * @throws {Problem} `engine_install_failed` where it cannot be fetched
 */
export async function startSshServer({ authorizedKeys }: TestSshServerOptions): Promise<TestSshServer> {
  const { sshd } = await prepareTestTools();
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "od-sshd-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  await writeSettings(folder, authorizedKeys, path.join(path.dirname(sshd), ".."));
  let log = "";
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, [...OWN_ROOMS, folder, sshd], (text) => {
      log += text;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.defer(async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const owned = cleanup.move();
  const login = `root@127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { login, log: () => log, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** It insists on a user `sshd`, a root that is not locked and a folder in `/run`: here it has them to itself. */
const SCRIPT = `mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/shadow" /etc/shadow &&
mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$2" -i -e -f "$1/sshd_config"`;
const OWN_ROOMS = ["unshare", "--mount", "--propagation", "private", "sh", "-c", SCRIPT, "sshd"];

function serve(socket: Socket, argv: readonly string[], onLog: (text: string) => void): void {
  const [command = "", ...args] = argv;
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  child.stderr.setEncoding("utf8").on("data", onLog);
  child.once("error", () => socket.destroy());
  child.stdin.on("error", () => undefined);
  socket.on("error", () => undefined).once("close", () => child.kill());
  socket.pipe(child.stdin);
  child.stdout.pipe(socket);
}

async function writeSettings(folder: string, authorizedKeys: string, packages: string): Promise<void> {
  const file = (name: string): string => path.join(folder, name);
  const made = await runProgram(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", file("host_key")]);
  if (made.code !== 0) throw new Error(`no key for the host: ${made.stderr}`);
  // Newer servers consist of several programs, which they look for where they would be installed.
  const helpers = Object.entries({ SshdSessionPath: "sshd-session", SshdAuthPath: "sshd-auth" })
    .map(([setting, program]) => [setting, path.join(packages, "usr/lib/openssh", program)] as const)
    .filter(([, program]) => existsSync(program));
  const settings = [
    ["HostKey", file("host_key")],
    ["AuthorizedKeysFile", file("authorized_keys")],
    ["PermitRootLogin", "prohibit-password"],
    ["PasswordAuthentication", "no"],
    ["KbdInteractiveAuthentication", "no"],
    ["StrictModes", "no"],
    ["UsePAM", "no"],
    ...helpers,
  ];
  await Promise.all([
    writeFile(file("sshd_config"), settings.map((setting) => `${setting.join(" ")}\n`).join("")),
    writeFile(file("authorized_keys"), authorizedKeys),
    writeFile(file("shadow"), "root:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n"),
    writeFile(file("passwd"), `root:x:0:0:root:${folder}:/bin/sh\nsshd:x:65530:65534::/run/sshd:/usr/sbin/nologin\n`),
  ]);
}
