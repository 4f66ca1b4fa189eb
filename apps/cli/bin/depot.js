#!/usr/bin/env node
// Starts depot on a Node.js that can run it. This file itself has to run on old ones: nothing in it is younger than 18.
// CommonJS, since Node's loader of ES modules costs a sixth of the time of a cached build.
"use strict";
const { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");

const NEEDED_MAJOR = 24;
const FORWARDED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
const app = dirname(__dirname);

/** The Node.js that was installed with depot, in the nearest folder upwards. */
function findPinnedNode() {
  for (let at = app; ; at = dirname(at)) {
    for (const path of ["node_modules/node/bin/node", "node_modules/.bin/node"]) {
      if (existsSync(join(at, path))) return join(at, path);
    }
    if (dirname(at) === at) return undefined;
  }
}

/** Runs depot again on another Node.js and ends as it does. */
function runOn(node) {
  const { spawn } = require("node:child_process");
  const child = spawn(node, [__filename, ...process.argv.slice(2)], { stdio: "inherit" });
  // From a terminal the child gets the signal too; it takes two in quick succession for one.
  for (const name of FORWARDED_SIGNALS) process.on(name, () => child.kill(name));
  child.on("error", (error) => giveUp(`cannot start ${node}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of FORWARDED_SIGNALS) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** The bundle, unless a source that went into it has changed since. */
function findBundle() {
  const bundle = join(app, "dist", "depot.cjs");
  const inputs = join(app, "dist", "depot.inputs.json");
  if (process.env.DEPOT_RUN_SOURCES === "1" || !existsSync(bundle)) return undefined;
  if (!existsSync(join(app, "src", "main.ts"))) return bundle;
  try {
    const builtAt = statSync(bundle).mtimeMs;
    const sources = JSON.parse(readFileSync(inputs, "utf8"));
    return sources.every((path) => statSync(`${app}/${path}`).mtimeMs <= builtAt) ? bundle : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs the bundle with the compiled code of an earlier run of the same command, which is kept beside the bundle if that
 * folder can be written, and never where others may put theirs. Node's own cache keeps only what is compiled before
 * anything has run, which is the lesser part.
 */
function runBundle(bundle) {
  const { createRequire } = require("node:module");
  const { Script } = require("node:vm");
  const { mtimeMs, size } = statSync(bundle);
  const command = ["build", "bake"].includes(process.argv[2]) ? process.argv[2] : "other";
  const kept = join(
    app,
    "dist",
    "compiled",
    `${process.version}-${process.arch}-${command}-${size}-${Math.trunc(mtimeMs)}`,
  );
  const cachedData = existsSync(kept) ? readFileSync(kept) : undefined;
  const source = `(function (exports, require, module) {${readFileSync(bundle, "utf8")}\n})`;
  const script = new Script(source, { filename: bundle, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) {
    process.once("exit", (code) => {
      if (code === 0) keepCompiled(kept, script);
    });
  }
  const bundled = { exports: {} };
  script.runInThisContext()(bundled.exports, createRequire(bundle), bundled);
}

function keepCompiled(path, script) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, script.createCachedData(), { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // The next run is as slow as this one.
  }
}

function giveUp(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}

if (Number(process.versions.node.split(".")[0]) >= NEEDED_MAJOR) {
  const bundle = findBundle();
  if (bundle) runBundle(bundle);
  else import("../src/main.ts");
} else {
  const node = findPinnedNode();
  if (node) runOn(node);
  else
    giveUp(
      `depot needs Node.js ${NEEDED_MAJOR} or newer, this is ${process.version}: install it, or run npm install where depot is`,
    );
}
