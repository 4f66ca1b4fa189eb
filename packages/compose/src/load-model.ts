import { messageOf } from "@opendepot/base";
import { canonicalize } from "./canonical.ts";
import { setDefaults } from "./defaults.ts";
import { applyExtends } from "./extends.ts";
import { applyInclude } from "./include.ts";
import { interpolateModel } from "./interpolate.ts";
import { type ComposeFile, type LoadScope, lookupIn } from "./load-options.ts";
import { mergeModels } from "./merge.ts";
import { composeProblem, invalidModel } from "./problems.ts";
import { decodeText, readText } from "./read-file.ts";
import { resolvePaths } from "./resolve-paths.ts";
import type { TreePath } from "./tree-path.ts";
import { enforceUnique } from "./unique.ts";
import { type ComposeMapping, type ComposeValue, isMapping } from "./value.ts";
import { ConstructErrors, NonStringKeyError } from "./yaml/construct.ts";
import { type ComposeDocument, readDocuments, readPlainDocuments } from "./yaml/read-documents.ts";
import { forgetPaths } from "./yaml/reset.ts";
import { YamlError } from "./yaml/yaml-error.ts";

/**
 * Loads files, one over the other, into one model in its long form: compose-go v2's `loadYamlModel` without validation,
 * which is how buildx calls it.
 *
 * @throws {Problem} whatever is wrong with the files
 */
export function loadModel(files: readonly ComposeFile[], scope: LoadScope): ComposeMapping {
  let model: ComposeMapping = new Map();
  for (const file of files) model = loadFile(file, { scope, below: model, isWhole: true }).model;
  setDefaults(model);
  resolvePaths(model, { workingDir: scope.workingDir, homeDir: scope.options.homeDir });
  resolveEnvironment(model, scope);
  return model;
}

/** What one file is laid over, and how. */
interface FileContext {
  readonly scope: LoadScope;
  readonly below: ComposeMapping;
  /** False for a file that is only read for a service that another one extends. */
  readonly isWhole: boolean;
}

interface LoadedFile {
  readonly model: ComposeMapping;
  readonly resetPaths: readonly TreePath[];
}

function loadFile(file: ComposeFile, { scope, below, isWhole }: FileContext): LoadedFile {
  const text = decodeText(file.content, file.name);
  let loaded: LoadedFile = { model: below, resetPaths: [] };
  for (const document of documentsOf(text, file.name))
    loaded = loadDocument(document, file.name, { scope, below: loaded.model, isWhole });
  return loaded;
}

/** What is wrong with the YAML is told with the file's name; a key that is no string is not, as with compose-go. */
function* documentsOf(text: string, fileName: string): Generator<ComposeDocument> {
  try {
    yield* readDocuments(text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const message =
      error instanceof NonStringKeyError ? error.message : `failed to parse ${fileName}: ${error.message}`;
    throw composeProblem("compose_syntax", message, { cause: error, ...syntaxHint(error) });
  }
}

function syntaxHint(error: YamlError): { hint?: string } {
  const message = error instanceof ConstructErrors ? "" : error.message;
  return message.includes("found character that cannot start any token")
    ? { hint: "YAML is indented with spaces, and values that begin with @, ` or % need quotes" }
    : {};
}

function loadDocument(document: ComposeDocument, fileName: string, context: FileContext): LoadedFile {
  const { scope, below, isWhole } = context;
  const { value, resetPaths } = document;
  if (!isMapping(value)) throw invalidModel("top-level object must be a mapping");
  const model = interpolateModel(value, {
    lookup: lookupIn(scope),
    onUnset: (name) => scope.options.onWarning?.(`The "${name}" variable is not set. Defaulting to a blank string.`),
  });
  if (isWhole) {
    const inner = { ...scope, included: [...scope.included, fileName] };
    applyInclude(model, { scope: inner, resetPaths, loadFiles: loadIncluded });
  }
  forgetPaths(below, resetPaths);
  if (isWhole) applyDocumentExtends(model, { fileName, resetPaths, scope });
  const merged = mergeModels(below, model);
  enforceUnique(merged);
  canonicalize(merged);
  enforceUnique(merged);
  return { model: merged, resetPaths };
}

function loadIncluded(paths: readonly string[], scope: LoadScope): ComposeMapping {
  // Read one by one, so that what is wrong with the first is told before the second is missed.
  const files = paths.map((path) => ({
    name: path,
    get content(): string {
      return readText(path, scope.options);
    },
  }));
  return loadModel(files, scope);
}

function applyDocumentExtends(
  model: ComposeMapping,
  { fileName, resetPaths, scope }: { fileName: string; resetPaths: readonly TreePath[]; scope: LoadScope },
): void {
  const services = model.get("services");
  if (services === undefined) return;
  if (!isMapping(services)) throw invalidModel("services must be a mapping");
  applyExtends({
    services,
    fileName,
    resetPaths,
    scope,
    readModel: (path, inner) => {
      const file = { name: path, content: readText(path, inner.options) };
      return loadFile(file, { scope: inner, below: new Map(), isWhole: false });
    },
  });
}

/** Gives list entries without a value, such as `- FOO`, the one from the environment. */
function resolveEnvironment(model: ComposeMapping, { environment }: LoadScope): void {
  const services = model.get("services");
  if (!isMapping(services)) return;
  for (const service of services.values()) {
    const entries = isMapping(service) ? service.get("environment") : undefined;
    if (!isMapping(service) || !Array.isArray(entries)) continue;
    const texts = entries.filter((entry) => typeof entry === "string");
    service.set(
      "environment",
      texts.map((name): ComposeValue => {
        const value = environment.get(name);
        return value === undefined ? name : `${name}=${value}`;
      }),
    );
  }
}

/**
 * The project's name that the files themselves give, the last one wins, with variables put in; empty without.
 *
 * @throws {Problem} `compose_interpolation`
 */
export function projectNameOf(files: readonly ComposeFile[], scope: LoadScope): string {
  let name = "";
  for (const file of files) name = lastName(decodeText(file.content, file.name)) || name;
  const interpolated = interpolateModel(new Map([["name", name]]), { lookup: lookupIn(scope) }).get("name");
  return typeof interpolated === "string" ? interpolated : "";
}

// What is wrong with the file is told when it is loaded.
function lastName(text: string): string {
  if (!/^["']?name["']?\s*:/m.test(text) && !/[{,]\s*["']?name["']?\s*:/.test(text)) return "";
  let name = "";
  try {
    for (const document of readPlainDocuments(text)) {
      const value = isMapping(document) ? document.get("name") : undefined;
      if (typeof value === "string" && value !== "") name = value;
      else if (value !== undefined && value !== null && !isMapping(value) && !Array.isArray(value))
        name = messageOf(value);
    }
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
  }
  return name;
}
