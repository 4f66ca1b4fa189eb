import { packageUnfit } from "./problems.ts";
import { TESTING_SUBPATH } from "./published.ts";

/** What this reads of a workspace package's package.json. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The package.json of a package as it is published: built JavaScript with types, exact dependencies. */
export interface PublishedManifest extends Omit<SourceManifest, "exports"> {
  readonly type: "module";
  readonly engines: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly sideEffects: false;
  readonly publishConfig: Readonly<Record<string, string>>;
}

const SOURCE = /^\.\/src\/(.+)\.ts$/;
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/**
 * The published form of a manifest.
 *
 * @param versions the versions of the packages that are published with it
 * @throws {Problem} `package_unfit` on a dependency that is not exact, or is a package of the workspace in another
 *   version or not published at all, and on an export that is no source file
 */
export function publishedManifest(source: SourceManifest, versions: ReadonlyMap<string, string>): PublishedManifest {
  const { name, version, description, license, dependencies = {} } = source;
  for (const [other, wanted] of Object.entries(dependencies)) {
    if (!EXACT.test(wanted)) throw packageUnfit(`${name} wants ${other} in no exact version: ${wanted}`);
    if (other.startsWith("@opendepot/") && versions.get(other) !== wanted)
      throw packageUnfit(`${name} wants ${other} ${wanted}, which is not published with it`);
  }
  return {
    name,
    version,
    description,
    license,
    type: "module",
    engines: { node: ">=24" },
    files: ["dist"],
    exports: Object.fromEntries(
      entriesOf(source).map(([subpath, entry]) => [
        subpath,
        { types: `./dist/${entry}.d.ts`, default: `./dist/${entry}.js` },
      ]),
    ),
    sideEffects: false,
    ...(Object.keys(dependencies).length > 0 && { dependencies }),
    publishConfig: { access: "public" },
  };
}

/**
 * The subpaths that are published with the source files behind them, named from `src` without their ending.
 *
 * @throws {Problem} `package_unfit`
 */
export function entriesOf({ name, exports }: SourceManifest): Array<[subpath: string, entry: string]> {
  return Object.entries(exports)
    .filter(([subpath]) => subpath !== TESTING_SUBPATH)
    .map(([subpath, target]) => {
      const entry = SOURCE.exec(target)?.[1];
      if (entry === undefined) throw packageUnfit(`${name} exports ${target}, which is no source file`);
      return [subpath, entry];
    });
}
