import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { Secret } from "@opendepot/base";
import { buildkitdToml, cniConflist } from "./buildkitd-config.ts";
import { containerdToml, daemonJson } from "./dockerd-config.ts";
import { engineEnvironment } from "./environment.ts";
import { gcRules } from "./gc-policy.ts";
import { hostsToml, prepareRegistries } from "./registries.ts";

const BUILDKITD = {
  root: '/data/a "quoted" name/buildkitd',
  runFolder: "/run/x",
  socket: "/run/x/buildkitd.sock",
  runtime: "/usr/sbin/runc",
  cgroupParent: "/opendepot/x",
  plugins: undefined,
  cachePolicy: { keepBytes: 50_000_000_000, keepDays: 14 },
  minFreeBytes: 7_000_000_000,
};

test("buildkitd gets no entitlements, no devices and sockets of its own", () => {
  const toml = buildkitdToml(BUILDKITD);

  assert.match(toml, /^root = "\/data\/a \\"quoted\\" name\/buildkitd"$/m);
  assert.match(toml, /^insecure-entitlements = \[\]$/m);
  assert.match(toml, /^\[cdi\]\ndisabled = true$/m);
  assert.match(toml, /^address = \["unix:\/\/\/run\/x\/buildkitd.sock"\]$/m);
  assert.match(toml, /^socketPath = "\/run\/x\/otel.sock"$/m);
});

test("the cache policy is age first, then size, for every kind of record", () => {
  const policies = buildkitdToml(BUILDKITD).split("[[worker.oci.gcpolicy]]\n").slice(1);

  assert.deepEqual(policies, [
    'all = true\nkeepDuration = "336h"\n',
    "all = true\nkeepBytes = 50000000000\nmaxUsedSpace = 50000000000\nreservedSpace = 5000000000\nminFreeSpace = 7000000000\n",
  ]);
});

test("without a limit of age there is only the rule of size", () => {
  assert.equal(gcRules({ keepBytes: 1, keepDays: 0 }, 1).length, 1);
});

test("an emulated builder is for its architecture by default", () => {
  const emulating = buildkitdToml({ ...BUILDKITD, architecture: "arm64" });
  assert.match(emulating, /^platforms = \["linux\/arm64"\]$/m);
  assert.match(emulating, /^labels = \{ "opendepot\.machine" = "linux\/amd64" \}$/m);
  assert.doesNotMatch(buildkitdToml(BUILDKITD), /platforms/);
});

test("steps share the machine's network only where there are no plugins", () => {
  const plugins = { folder: "/opt/cni/bin", configFile: "/run/x/network.conflist" };

  assert.match(buildkitdToml(BUILDKITD), /^networkMode = "host"$/m);
  assert.match(buildkitdToml({ ...BUILDKITD, plugins }), /^networkMode = "cni"$/m);
  assert.match(cniConflist({ bridge: "od-x", subnet: "10.200.1.0/24", runFolder: "/run/x" }), /"bridge":"od-x"/);
});

test("a private Docker Engine keeps its hands off everything that is not its own", () => {
  const config = {
    folder: "/data/one",
    runFolder: "/run/x",
    socket: "/run/x/docker.sock",
    containerdSocket: "/run/x/containerd.sock",
    bridge: "od-x",
    cgroupParent: "/opendepot/x",
    cachePolicy: { keepBytes: 1_000, keepDays: 1 },
    minFreeBytes: 10,
  };

  const settings = JSON.parse(daemonJson(config));

  assert.equal(settings.iptables, false);
  assert.equal(settings["ip-forward"], false);
  assert.equal(settings.bridge, "od-x");
  assert.equal(settings.containerd, "/run/x/containerd.sock");
  assert.equal(settings.features["containerd-snapshotter"], true);
  assert.deepEqual(settings.builder.entitlements, { "network-host": false, "security-insecure": false, device: false });
  assert.deepEqual(settings.builder.gc.policy, [
    { all: true, filter: ["unused-for=24h"] },
    { all: true, keepStorage: "1000", maxUsedSpace: "1000", reservedSpace: "100", minFreeSpace: "10" },
  ]);
  assert.match(containerdToml(config), /^state = "\/run\/x\/containerd"$/m);
});

test("both engines are told the same of registries: mirrors with a path, plain HTTP, authorities", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "od-registries-"));
  const ways = await prepareRegistries(
    {
      hosts: [
        { host: "127.0.0.1:8700", isPlainHttp: false, caPem: "PEM" },
        { host: "depot.lan", isPlainHttp: true, caPem: undefined },
      ],
      mirrors: [
        { upstream: "docker.io", isPlainHttp: false, host: "127.0.0.1:8700", path: new Secret("mirror/x/docker.io") },
      ],
    },
    folder,
  );
  const toml = buildkitdToml({ ...BUILDKITD, ways });
  const hosts = Object.fromEntries(ways.map((way) => [way.host, hostsToml(way, ways)]));

  const ca = path.join(folder, "ca-0.pem");
  assert.equal(await readFile(ca, "utf8"), "PEM");
  // Without "http = false", BuildKit would not speak TLS to a registry on loopback.
  assert.ok(toml.includes(`[registry."127.0.0.1:8700"]\nhttp = false\nca = ["${ca}"]\n`));
  assert.ok(toml.includes('[registry."depot.lan"]\nhttp = true\n'));
  assert.ok(toml.endsWith('[registry."docker.io"]\nmirrors = ["127.0.0.1:8700/mirror/x/docker.io"]\n'));
  assert.equal(hosts["127.0.0.1:8700"], `server = "https://127.0.0.1:8700"\nca = "${ca}"\n`);
  assert.equal(hosts["depot.lan"], 'server = "http://depot.lan"\n');
  assert.equal(
    hosts["docker.io"],
    [
      'server = "https://registry-1.docker.io"',
      '[host."https://127.0.0.1:8700/v2/mirror/x/docker.io"]',
      'capabilities = ["pull", "resolve"]',
      "override_path = true",
      `ca = "${ca}"\n`,
    ].join("\n"),
  );
  assert.deepEqual(await prepareRegistries(undefined, folder), []);
  await rm(folder, { recursive: true });
});

test("engines see proxies and certificates of the environment, and no secrets", () => {
  const env = {
    HTTPS_PROXY: "http://proxy:3128",
    no_proxy: "local",
    DATABASE_URL: "postgres://u:p@h",
    DEPOT_TOKEN: "t",
  };

  assert.deepEqual(engineEnvironment(env, { PATH: "/bin" }), {
    HTTPS_PROXY: "http://proxy:3128",
    no_proxy: "local",
    PATH: "/bin",
  });
});
