import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isProblem } from "@opendepot/base";
import {
  annotationAttribute,
  attestationFromMap,
  attestationShorthand,
  attestationToJson,
  cacheEntryToJson,
  compareBytes,
  formatAttestation,
  formatCacheEntry,
  formatOutput,
  formatSecret,
  formatSize,
  formatUlimit,
  goQuote,
  normalizeAttestations,
  normalizeCacheEntries,
  normalizeSecrets,
  outputToJson,
  policyToJson,
  readAnnotations,
  readAttestation,
  readAttestations,
  readCacheEntries,
  readCall,
  readCsvFields,
  readEntitlements,
  readGoInt,
  readOutput,
  readPlatforms,
  readPolicy,
  readResources,
  readSecret,
  readSecrets,
  readSize,
  readSshAgent,
  readUlimit,
  resourcesToJson,
  secretToJson,
  withGithubActions,
  withResource,
} from "./index.ts";

const host = { platform: "linux", arch: "x64" };

/** Asserts buildx's words for a value that cannot be read. */
function refuses(read: () => unknown, message: string): void {
  assert.throws(read, (error) => {
    assert.ok(isProblem(error, "build_flag_invalid"));
    assert.equal(error.message, message);
    return true;
  });
}

suite("fields", () => {
  test("wrong quoting is told with the column in bytes", () => {
    refuses(() => readCsvFields('a,"b'), 'parse error on line 1, column 4: extraneous or missing " in quoted-field');
    refuses(() => readCsvFields('é,b"c'), 'parse error on line 1, column 5: bare " in non-quoted-field');
    refuses(() => readCsvFields(""), "EOF");
  });

  test("another separator can be asked for", () => assert.deepEqual(readCsvFields('a:"b:c"', ":"), ["a", "b:c"]));

  test("texts are quoted as Go quotes them", () => {
    assert.equal(goQuote('a"\\\n\x01é€\u200b\u{1f600}'), '"a\\"\\\\\\n\\x01é€\\u200b😀"');
  });

  test("keys are ordered by their bytes", () => {
    assert.deepEqual(["b", "a", "10", "9", "é", "\u{1f600}", "\uffee"].sort(compareBytes), [
      "10",
      "9",
      "a",
      "b",
      "é",
      "\uffee",
      "\u{1f600}",
    ]);
  });
});

suite("outputs", () => {
  test("what is read can be written again", () => {
    for (const text of ["type=local,dest=out", "type=image,name=a,push=true", 'type=tar,"dest=a,b"']) {
      assert.equal(formatOutput(readOutput(text)), text);
    }
  });

  test("the destination is printed among the attributes", () => {
    assert.deepEqual(
      outputToJson(readOutput("type=oci,dest=a.tar,zed=1")),
      new Map([
        ["dest", "a.tar"],
        ["type", "oci"],
        ["zed", "1"],
      ]),
    );
  });

  test("a type is required", () => {
    refuses(() => readOutput("dest=a,name=b"), "type is required for output");
    refuses(() => readOutput("type=a,b"), "invalid value b");
  });
});

suite("cache entries", () => {
  test("bare references are registry entries, several of which fit in one text", () => {
    assert.deepEqual(readCacheEntries(["a/b:c,d", "", "type=GHA,Scope=x"]).map(formatCacheEntry), [
      "a/b:c",
      "d",
      "type=GHA,scope=x",
    ]);
  });

  test("repeats change places with the last entry", () => {
    const normalized = normalizeCacheEntries(readCacheEntries(["a", "a", "b", "c"]));
    assert.deepEqual(normalized.map(formatCacheEntry), ["a", "c", "b"]);
  });

  test("a GitHub Actions cache learns of its run", () => {
    const [entry] = readCacheEntries(["type=gha,token=own"]);
    assert.ok(entry);
    const attributes = withGithubActions(entry, {
      ACTIONS_RUNTIME_TOKEN: "run",
      ACTIONS_CACHE_URL: "http://v1",
      ACTIONS_RESULTS_URL: "",
    }).attributes;
    assert.deepEqual(Object.fromEntries(attributes), { token: "own", url: "http://v1" });
  });

  test("a type is required", () => {
    refuses(() => readCacheEntries(["a=b"]), 'type required for "a=b"');
    assert.deepEqual(cacheEntryToJson({ type: "inline", attributes: new Map() }), new Map([["type", "inline"]]));
  });
});

suite("attestations", () => {
  test("shorthands switch on and off or give attributes", () => {
    assert.equal(attestationShorthand("sbom", "true"), "type=sbom,disabled=false");
    assert.equal(attestationShorthand("provenance", "false"), "type=provenance,disabled=true");
    assert.equal(attestationShorthand("provenance", "mode=max"), "type=provenance,mode=max");
    assert.equal(attestationShorthand("sbom", ""), "");
  });

  test("the last of a type wins at the place of the first", () => {
    const read = readAttestations(["type=sbom", "type=provenance,mode=max", "type=sbom,disabled=true", ""]);
    assert.deepEqual(normalizeAttestations(read).map(formatAttestation), [
      "type=sbom,disabled=true",
      "type=provenance,mode=max",
    ]);
  });

  test("disabled is printed as a boolean", () => {
    const attestation = attestationFromMap(
      new Map([
        ["type", "sbom"],
        ["disabled", "1"],
      ]),
    );
    assert.deepEqual(
      attestationToJson(attestation),
      new Map<string, unknown>([
        ["disabled", true],
        ["type", "sbom"],
      ]),
    );
  });

  test("what cannot be read is told in buildx's words", () => {
    refuses(() => readAttestation("mode=max"), "attestation type not specified");
    refuses(
      () => readAttestation("type=sbom,disabled=perhaps"),
      'invalid value disabled=perhaps: strconv.ParseBool: parsing "perhaps": invalid syntax',
    );
  });
});

suite("secrets and ssh", () => {
  test("the type decides what a source is", () => {
    assert.deepEqual(readSecret("type=env,id=a,src=B"), { id: "a", src: "", env: "B" });
    assert.equal(formatSecret(readSecret("source=x,ID=a")), "id=a,src=x");
    assert.deepEqual(
      secretToJson(readSecret("id=a,env=B")),
      new Map([
        ["id", "a"],
        ["env", "B"],
      ]),
    );
    assert.deepEqual(normalizeSecrets(readSecrets(["id=a,src=1", "id=b", "id=a"])).map(formatSecret), ["id=a", "id=b"]);
  });

  test("what cannot be read is told in buildx's words", () => {
    refuses(() => readSecret("id"), "invalid field 'id' must be a key=value pair");
    refuses(() => readSecret("id=a,Foo=b"), "unexpected key 'foo' in 'Foo=b'");
    refuses(() => readSecret("type=vault"), 'unsupported secret type "vault"');
    refuses(() => readSecret(""), "failed to parse csv secret: EOF");
  });

  test("an agent's paths are kept as they are", () => {
    assert.deepEqual(readSshAgent("a=b,,c"), { id: "a", paths: ["b", "", "c"] });
  });
});

suite("amounts", () => {
  test("sizes are read and shown as docker does", () => {
    assert.equal(readSize("1.5 GiB"), 1_610_612_736);
    assert.equal(formatSize(readSize("64m")), "64MiB");
    assert.equal(formatSize(1_234_567), "1.177MiB");
    assert.equal(formatSize(0), "0");
    assert.equal(formatSize(1023.5 * 1024), "1024KiB");
    refuses(() => readSize("x"), "invalid size: 'x'");
    refuses(() => readSize("-1"), "invalid size: '-1'");
    refuses(() => readSize("1xB"), "invalid suffix: 'xb'");
    refuses(() => readSize("1.2.3"), 'strconv.ParseFloat: parsing "1.2.3": invalid syntax');
  });

  test("limits are read and shown with both numbers", () => {
    assert.equal(formatUlimit(readUlimit("nofile=10")), "nofile=10:10");
    refuses(() => readUlimit("nofile"), "invalid ulimit argument: nofile");
    refuses(() => readUlimit("as=1"), "invalid ulimit type: as");
    refuses(() => readUlimit("core=2:1"), "ulimit soft limit must be less than or equal to hard limit: 2 > 1");
    refuses(() => readUlimit("core=a"), 'strconv.ParseInt: parsing "a": invalid syntax');
    refuses(
      () => readGoInt("9223372036854775808"),
      'strconv.ParseInt: parsing "9223372036854775808": value out of range',
    );
  });

  test("resources are texts and numbers", () => {
    const resources = withResource(readResources(["memory=1g", "memory=2g"]), "cpu-shares", "512");
    assert.deepEqual(
      resourcesToJson(resources),
      new Map<string, unknown>([
        ["memory", "2g"],
        ["cpu-shares", 512n],
      ]),
    );
    refuses(() => withResource(new Map(), "cpu", "1"), "unknown resources key cpu");
    refuses(() => withResource(new Map(), "cpu-quota", "x"), "invalid value x for int64 key resources.cpu-quota");
    refuses(() => readResources(["memory=x"]), "invalid value \"x\" for resource memory: invalid size: 'x'");
  });
});

suite("what is asked of frontend and exporter", () => {
  test("a build is no call, and check is lint", () => {
    assert.equal(readCall("build"), undefined);
    assert.deepEqual(readCall("check,format=json"), { method: "lint", format: "json", isStatusIgnored: false });
    refuses(() => readCall("a,b"), "invalid print value: a,b");
  });

  test("annotations name levels and platforms", () => {
    const attributes = readAnnotations(["k=v", "index,manifest[linux/arm64]:a:b=c=d"], host).map(annotationAttribute);
    assert.deepEqual(attributes, [
      ["annotation.k", "v"],
      ["annotation-index.a:b", "c=d"],
      ["annotation-manifest[linux/arm64].a:b", "c=d"],
    ]);
    refuses(() => readAnnotations(["k"], host), 'invalid annotation "k", expected key=value');
    refuses(() => readAnnotations(["image:k=v"], host), 'unknown annotation type "image"');
  });

  test("platforms are separated by commas and complete themselves", () => {
    assert.deepEqual(
      readPlatforms(["linux/arm64,local", "arm"], host).map((platform) => platform.architecture),
      ["arm64", "amd64", "arm"],
    );
    refuses(() => readPlatforms(["foo"], host), '"foo": unknown operating system or architecture: invalid argument');
  });

  test("entitlements are those that engines know", () => {
    assert.deepEqual(readEntitlements(["network.host", "device=a,alias=b", "buildx.local.delete", ""]), {
      granted: ["network.host", "device=a,alias=b"],
      isLocalDeleteAllowed: true,
    });
    refuses(() => readEntitlements(["network.none"]), "unknown entitlement network.none");
  });

  test("policies are printed with all their fields", () => {
    assert.deepEqual(
      policyToJson(readPolicy("filename=p.rego,strict=true,log-level=WARN")),
      new Map<string, unknown>([
        [
          "Files",
          [
            new Map<string, unknown>([
              ["Filename", "p.rego"],
              ["Data", null],
            ]),
          ],
        ],
        ["Reset", false],
        ["Disabled", false],
        ["Strict", true],
        ["LogLevel", "warning"],
      ]),
    );
    refuses(() => readPolicy("x=1"), "invalid value x=1");
  });
});
