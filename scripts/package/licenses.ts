import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./house.ts";

const PACKAGE_FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * The licences of everything inside the executables: this project's, Node.js's, and those of the packages that went
 * into the bundle.
 *
 * @param inputs the bundle's source files
 */
export function collectLicenses(inputs: readonly string[], nodeLicense: string): string {
  const folders = inputs.map((path) => PACKAGE_FOLDER.exec(path)?.[0]).filter((folder) => folder !== undefined);
  const parts = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const [file] = globSync("LICEN[CS]E*", { cwd: folder });
    const text = file === undefined ? "" : `\n\n${readFileSync(join(folder, file), "utf8").trim()}`;
    return `${name} ${version} (${license})${text}`;
  });
  const own = `Open Depot (Apache-2.0)\n\n${readFileSync(join(root, "LICENSE"), "utf8").trim()}`;
  const all = [own, ...parts, `Node.js\n\n${readFileSync(nodeLicense, "utf8").trim()}`];
  return `${all.join(`\n\n${"=".repeat(80)}\n\n`)}\n`;
}
