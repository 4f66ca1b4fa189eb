import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync, verify } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempDisposableSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BytesMessage, SSH } from "../../gen/moby/sshforward/v1/ssh.ts";
import { callInMemory, callUnary } from "../../testing/memory-call.ts";
import { decode, encode } from "../../wire/index.ts";
import type { SessionService } from "../service.ts";
import { createSsh } from "./index.ts";
import { SshReader, sshString, sshUint32 } from "./ssh-wire.ts";

const hasOpenSsh = ["ssh-keygen", "ssh-agent", "ssh-add"].every((name) => {
  try {
    return execFileSync("sh", ["-c", `command -v ${name}`]).length > 0;
  } catch {
    return false;
  }
});

function temporaryFolder(): Disposable & { path: string } {
  const folder = mkdtempDisposableSync(join(tmpdir(), "ssh-"));
  return { path: folder.path, [Symbol.dispose]: () => folder.remove() };
}

/** Sends requests as a client in a build does, byte by byte groups of `pieceBytes`, and gives the answers. */
async function ask(service: SessionService, requests: readonly Uint8Array[], pieceBytes = 1000): Promise<Buffer[]> {
  return await callInMemory(service, {
    method: "ForwardAgent",
    metadata: { "buildkit.ssh.id": "default" },
    engine: async (side) => {
      const stream = Buffer.concat(requests.map((request) => sshString(request)));
      for (let at = 0; at < stream.length; at += pieceBytes) {
        await side.send(encode(BytesMessage, { data: stream.subarray(at, at + pieceBytes) }));
      }
      side.end();
      const answers: Buffer[] = [];
      for await (const message of side.messages) {
        answers.push(new SshReader(decode(BytesMessage, message).data).bytes());
      }
      return answers;
    },
  });
}

const LIST = Uint8Array.of(11);

function signRequest(blob: Buffer, data: Uint8Array, flags = 0): Buffer {
  return Buffer.concat([Buffer.of(13), sshString(blob), sshString(data), sshUint32(flags)]);
}

function identitiesOf(answer: Buffer | undefined): Buffer[] {
  const reader = new SshReader(answer ?? Buffer.alloc(0));
  assert.equal(reader.byte(), 12);
  return Array.from({ length: reader.uint32() }, () => {
    const blob = reader.bytes();
    reader.bytes();
    return blob;
  });
}

function makeKey(folder: string, type: string, ...more: string[]): { path: string; blob: Buffer } {
  const path = join(folder, `${type}${more.join("")}`.replaceAll(" ", ""));
  execFileSync("ssh-keygen", ["-q", "-N", "", "-C", "me@home", "-t", type, "-f", path, ...more]);
  return { path, blob: Buffer.from(readFileSync(`${path}.pub`, "utf8").split(" ")[1] ?? "", "base64") };
}

/** Has OpenSSH sign with the key that the agent holds, and check the signature. */
async function signWithOpenSsh(service: SessionService, folder: string, publicKey: string): Promise<void> {
  const socket = join(folder, "agent.sock");
  const server = createServer((client) => {
    client.on("error", () => undefined);
    void callInMemory(service, {
      method: "ForwardAgent",
      engine: async (side) => {
        client.on("data", (data) => void side.send(encode(BytesMessage, { data })));
        client.on("close", () => side.end());
        for await (const message of side.messages) client.write(decode(BytesMessage, message).data);
      },
    });
  }).listen(socket);
  await once(server, "listening");
  const message = join(folder, "message");
  writeFileSync(message, "signed text");
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  const signing = spawn("ssh-keygen", ["-Y", "sign", "-n", "file", "-f", publicKey, message], { env, stdio: "ignore" });
  const [status] = await once(signing, "close");
  server.close();
  assert.equal(status, 0);
  // It wants the signature in a file and the message on its input.
  execFileSync("ssh-keygen", ["-Y", "check-novalidate", "-n", "file", "-s", `${message}.sig`], {
    input: readFileSync(message),
    stdio: ["pipe", "ignore", "ignore"],
  });
}

describe("keys from files", { skip: !hasOpenSsh }, () => {
  for (const [type, ...more] of [
    ["ed25519"],
    ["ecdsa", "-b", "256"],
    ["ecdsa", "-b", "384"],
    ["ecdsa", "-b", "521"],
    ["rsa", "-b", "2048"],
  ] as const) {
    test(`${[type, ...more].join(" ")} keys are listed as OpenSSH lists them, and OpenSSH takes their signatures`, async () => {
      using folder = temporaryFolder();
      const { path, blob } = makeKey(folder.path, type, ...more);
      const service = await createSsh([{ paths: [path] }]);

      const [listed] = await ask(service, [LIST]);
      assert.ok(identitiesOf(listed)[0]?.equals(blob));
      assert.ok(!listed?.includes("me@home"), "comments stay here");
      unlinkSync(path); // so that only the agent can sign
      await signWithOpenSsh(service, folder.path, `${path}.pub`);
    });
  }

  test("PEM and PKCS #8 files are read too", async () => {
    using folder = temporaryFolder();
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const ed = generateKeyPairSync("ed25519").privateKey;
    const texts = [
      rsa.export({ type: "pkcs1", format: "pem" }),
      rsa.export({ type: "pkcs8", format: "pem" }),
      ec.export({ type: "sec1", format: "pem" }),
      ed.export({ type: "pkcs8", format: "pem" }),
    ];
    const paths = texts.map((text, index) => {
      writeFileSync(join(folder.path, `k${index}`), text);
      return join(folder.path, `k${index}`);
    });
    const [listed] = await ask(await createSsh([{ paths }]), [LIST]);
    assert.equal(identitiesOf(listed).length, 4);
  });

  test("RSA signatures use the hash that the flags ask for", async () => {
    using folder = temporaryFolder();
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const path = join(folder.path, "key");
    writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }));
    const service = await createSsh([{ paths: [path] }]);
    const [listed] = await ask(service, [LIST]);
    const blob = identitiesOf(listed)[0] ?? Buffer.alloc(0);
    const data = Buffer.from("data");
    for (const [flags, name, hash] of [
      [0, "ssh-rsa", "sha1"],
      [2, "rsa-sha2-256", "sha256"],
      [4, "rsa-sha2-512", "sha512"],
    ] as const) {
      const [answer] = await ask(service, [signRequest(blob, data, flags)]);
      const reader = new SshReader(answer ?? Buffer.alloc(0));
      assert.equal(reader.byte(), 14);
      const signature = new SshReader(reader.bytes());
      assert.equal(signature.text(), name);
      assert.ok(verify(hash, data, publicKey, signature.bytes()));
    }
  });

  test("encrypted, public and broken keys are refused by name", async () => {
    using folder = temporaryFolder();
    const encrypted = join(folder.path, "encrypted");
    execFileSync("ssh-keygen", ["-q", "-N", "hunter2", "-t", "ed25519", "-f", encrypted]);
    const pem = join(folder.path, "pem");
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(pem, privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }));
    const garbage = join(folder.path, "garbage");
    writeFileSync(garbage, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n");
    const reasons: Record<string, RegExp> = {
      [encrypted]: /it is encrypted/,
      [pem]: /it is encrypted/,
      [`${encrypted}.pub`]: /not a private key/,
      [garbage]: /not a private key/,
      [folder.path]: /not a private key/,
    };
    for (const [path, message] of Object.entries(reasons)) {
      await assert.rejects(createSsh([{ paths: [path] }]), { code: "ssh_key_unusable", message });
    }
  });
});

describe("what a builder may ask", () => {
  async function keyService(folder: string): Promise<SessionService> {
    const path = join(folder, "key");
    writeFileSync(path, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
    return await createSsh([{ paths: [path] }]);
  }

  test("is to list and to sign; everything else fails", async () => {
    using folder = temporaryFolder();
    const service = await keyService(folder.path);
    const unknown = signRequest(Buffer.from("no such key"), Buffer.from("x"));
    const cutOff = Buffer.of(13, 0, 0, 0, 99);
    const others = [17, 18, 19, 20, 21, 22, 23, 25, 27].map((type) => Buffer.of(type));

    const answers = await ask(service, [LIST, unknown, cutOff, ...others], 3);

    assert.equal(identitiesOf(answers[0]).length, 1);
    for (const answer of answers.slice(1)) assert.deepEqual([...answer], [5]);
    assert.equal(answers.length, 12);
  });

  test("is limited in size", async () => {
    using folder = temporaryFolder();
    const service = await keyService(folder.path);
    const asking = callInMemory(service, {
      method: "ForwardAgent",
      engine: async (side) => {
        await side.send(encode(BytesMessage, { data: Buffer.of(0xff, 0xff, 0xff, 0xff) }));
        for await (const _ of side.messages) {
          // It ends with an error.
        }
      },
    });
    await assert.rejects(asking, RangeError);
  });

  test("is about an id that was given", async () => {
    using folder = temporaryFolder();
    const service = await keyService(folder.path);
    await callUnary(service, SSH.checkAgent, { id: "" });
    await callUnary(service, SSH.checkAgent, { id: "default" });
    await assert.rejects(callUnary(service, SSH.checkAgent, { id: "other" }), {
      code: 5,
      message: /unset ssh forward key other/,
    });
  });
});

describe("sources", () => {
  test("that do not go together are refused", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "key");
    writeFileSync(path, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
    const server = createServer().listen(join(folder.path, "sock"));
    await once(server, "listening");
    const socket = join(folder.path, "sock");
    for (const sources of [
      [{ paths: [path] }, { paths: [path] }],
      [{ paths: [] }],
      [{ paths: [path, socket] }],
      [{ paths: [socket, path] }],
    ]) {
      await assert.rejects(createSsh(sources), { code: "ssh_source_invalid" });
    }
    server.close();
  });
});

describe("an agent socket", () => {
  test("that is dead or missing is told at once", async () => {
    using folder = temporaryFolder();
    const socket = join(folder.path, "dead");
    const server = spawn(process.execPath, ["-e", `require("net").createServer().listen(${JSON.stringify(socket)})`]);
    while (!existsSync(socket)) await sleep(20);
    server.kill("SIGKILL");
    await once(server, "close");

    await assert.rejects(createSsh([{ paths: [socket] }]), {
      code: "ssh_agent_unreachable",
      message: /nothing listens there/,
    });
    await assert.rejects(createSsh([{ paths: [join(folder.path, "none")] }]), { code: "ssh_agent_unreachable" });
  });

  test("that hangs up in the middle is told too", { timeout: 5000 }, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "sock");
    const server = createServer((client) => client.once("data", () => client.destroy())).listen(path);
    await once(server, "listening");
    const service = await createSsh([{ paths: [path] }]);
    await assert.rejects(ask(service, [LIST]), { code: "ssh_agent_unreachable" });
    server.close();
  });

  test("of a real agent is forwarded, but cannot be changed", { skip: !hasOpenSsh, timeout: 10_000 }, async () => {
    using folder = temporaryFolder();
    const { path, blob } = makeKey(folder.path, "ed25519");
    const socket = join(folder.path, "agent");
    const agent: ChildProcess = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      while (!existsSync(socket)) await sleep(20);
      execFileSync("ssh-add", ["-q", path], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: "ignore" });
      const service = await createSsh([{ id: "default", paths: [socket] }]);

      const answers = await ask(service, [LIST, Buffer.of(19), LIST, signRequest(blob, Buffer.from("x"))], 2);

      assert.ok(identitiesOf(answers[0])[0]?.equals(blob));
      assert.deepEqual([...(answers[1] ?? [])], [5]);
      assert.equal(identitiesOf(answers[2]).length, 1, "removing all keys did not pass");
      assert.equal(answers[3]?.[0], 14);
    } finally {
      agent.kill();
    }
  });
});
