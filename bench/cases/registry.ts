import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareTestTools, runProgram, startRegistry } from "@opendepot/testing";
import { type Contender, runInterleaved } from "../measure.ts";
import { type Row, rowsAgainst } from "../report.ts";
import { NAMES, type World } from "../world.ts";
import { type LoadSizes, writeImage, writeNoise } from "./load.ts";

const LAYERS = 4;

/** P10: an image of `bytes` pushed into an empty registry and pulled again, by the same client, against distribution. */
export async function* benchRegistry(world: World, rounds: number, bytes: number): AsyncGenerator<Row[]> {
  await using peer = await startRegistry();
  const { skopeo } = await prepareTestTools();
  const layout = join(world.folder, "pushed-layout");
  const pulled = join(world.folder, "pulled");
  const size = `${Math.round(bytes / 1024 ** 2)} MiB in ${LAYERS} layers`;
  const places = [
    { name: NAMES.distribution, host: peer.host, path: "bench", login: [] },
    {
      name: NAMES.registry,
      host: world.registry.host,
      path: world.project,
      login: [`x-token:${world.registry.token}`],
    },
  ];
  const contenders = (direction: "push" | "pull"): Contender[] =>
    places.map(({ name, host, path, login }) => {
      let round = 0;
      const contender = { name, argv: [] as string[], env: { HOME: world.folder, PATH: process.env["PATH"] } };
      const prepare = async (): Promise<void> => {
        rmSync(pulled, { recursive: true, force: true });
        // Other bytes each time: what the registry or the client knows already is not what is measured.
        if (direction === "push") writeLayout(layout, bytes);
        const image = `docker://${host}/${path}/${direction === "push" ? `round-${round++}` : "round-0"}:1`;
        contender.argv =
          direction === "push"
            ? [
                skopeo,
                "--insecure-policy",
                "copy",
                "--dest-tls-verify=false",
                ...creds("dest", login),
                `oci:${layout}:image`,
                image,
              ]
            : [
                skopeo,
                "--insecure-policy",
                "copy",
                "--src-tls-verify=false",
                ...creds("src", login),
                image,
                `dir:${pulled}`,
              ];
      };
      return Object.assign(contender, { prepare });
    });
  const measure = async (direction: "push" | "pull"): Promise<Row[]> => {
    const costs = await runInterleaved(contenders(direction), rounds);
    const work = `${direction} of ${size} (skopeo)`;
    return rowsAgainst({ name: "P10", work, peer: NAMES.distribution, wall: 1 }, costs);
  };
  yield await measure("push");
  yield await measure("pull");
}

function creds(side: "src" | "dest", login: readonly string[]): string[] {
  return login.map((text) => `--${side}-creds=${text}`);
}

/** An image of random layers that say that they are compressed: clients then send them as they are. */
function writeLayout(folder: string, bytes: number): void {
  const blobs = join(folder, "blobs/sha256");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(blobs, { recursive: true });
  const put = (content: Uint8Array, mediaType: string) => {
    const hex = createHash("sha256").update(content).digest("hex");
    writeFileSync(join(blobs, hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const layers = [];
  for (let layer = 0; layer < LAYERS; layer++) {
    layers.push(put(randomBytes(Math.floor(bytes / LAYERS)), "application/vnd.oci.image.layer.v1.tar+gzip"));
  }
  const config = {
    ...{ architecture: "amd64", os: "linux", config: {} },
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: put(Buffer.from(JSON.stringify(config)), "application/vnd.oci.image.config.v1+json"),
    layers,
  };
  const descriptor = put(Buffer.from(JSON.stringify(manifest)), manifest.mediaType);
  const annotations = { "org.opencontainers.image.ref.name": "image" };
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    join(folder, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor, annotations }] }),
  );
}

/** P12: a saved image brought into another repository on the same storage, against building and pushing it anew. */
export async function benchSavedPush(world: World, rounds: number, sizes: LoadSizes): Promise<Row[]> {
  const folder = join(world.folder, "saved");
  await writeImage(folder, sizes);
  const other = await world.createProject("other");
  const auth = Buffer.from(`x-token:${world.registry.token}`).toString("base64");
  mkdirSync(join(world.folder, ".docker"), { recursive: true });
  writeFileSync(
    join(world.folder, ".docker/config.json"),
    JSON.stringify({ auths: { [world.registry.host]: { auth } } }),
  );
  const save = world.contender("served", ["--save", folder]);
  const saved = await runProgram(save.argv, { env: { ...save.env } });
  const build = /depot pull --project \S+ (\S+)/.exec(saved.stderr)?.[1];
  if (saved.code !== 0 || build === undefined) throw new Error(`nothing was saved:\n${saved.stderr}`);
  let round = 0;
  const tag = (name: string): string => `${world.registry.host}/${other}/${name}-${round++}:1`;
  const edit = (): Promise<void> => writeNoise(join(folder, "last.bin"), sizes.changedBytes, 5_000 + round);
  const anew = { ...world.contender("served", []), name: NAMES.rebuild, argv: [] as string[] };
  anew.prepare = async () => {
    await edit();
    anew.argv = [...world.contender("served", ["--no-cache", "--push", "-t", tag("anew"), folder]).argv];
  };
  const pushed = { ...world.contender("served", []), name: NAMES.savedPush, argv: [] as string[] };
  pushed.prepare = async () => {
    pushed.argv = [...world.command(["push", "--project", world.project, "-t", tag("pushed"), build])];
  };
  const costs = await runInterleaved([anew, pushed], rounds);
  const size = `${Math.round(sizes.imageBytes / 1024 ** 2)} MiB`;
  return rowsAgainst(
    { name: "P12", work: `a saved image of ${size} into another repository`, peer: NAMES.rebuild, wall: 1 / 20 },
    costs,
  );
}

/** P10: what the server's memory grows by while many push at once. */
export async function benchPushMemory(world: World, pushes: number, bytes: number): Promise<string> {
  const idle = residentBytes(world.serverPid);
  const program = join(import.meta.dirname, "../push-many.ts");
  const args = [`http://${world.registry.host}`, world.registry.token, `${world.project}/many`, pushes, bytes];
  let peak = idle;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(world.serverPid));
  }, 20);
  const { code, stderr } = await runProgram([process.execPath, program, ...args.map(String)]);
  clearInterval(timer);
  if (code !== 0) throw new Error(`the pushes failed:\n${stderr}`);
  const [grown, limit] = [(peak - idle) / 1024 ** 2, 150];
  const work = `${pushes} pushes of ${Math.round(bytes / 1024 ** 2)} MiB at once`;
  return `P10: ${work}: ${grown.toFixed(0)} MiB above idle (≤ ${limit}: ${grown <= limit ? "yes" : "NO"})`;
}

function residentBytes(pid: number): number {
  const [, kilobytes = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
