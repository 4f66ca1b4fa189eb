import { directoryOf, isAbsolutePath, joinPath, relativePath } from "./file-path.ts";
import { goQuote } from "./go-quote.ts";
import { LIMITS, type LoadScope } from "./load-options.ts";
import { extendService, requireText } from "./merge.ts";
import { composeProblem, invalidModel, limitExceeded } from "./problems.ts";
import { resolvePaths } from "./resolve-paths.ts";
import type { TreePath } from "./tree-path.ts";
import { type ComposeMapping, type ComposeValue, isMapping } from "./value.ts";
import { forgetPaths } from "./yaml/reset.ts";

/** The services of one file, and what resolving their `extends` needs. */
export interface ExtendsContext {
  readonly services: ComposeMapping;
  /** The name of the file they are in. */
  readonly fileName: string;
  /** What the file's `!reset` and `!override` make others forget. */
  readonly resetPaths: readonly TreePath[];
  readonly scope: LoadScope;
  /** Reads another file's services, without looking at its own `extends`. */
  readonly readModel: (path: string, scope: LoadScope) => { model: ComposeMapping; resetPaths: readonly TreePath[] };
}

/** One step of a chain of `extends`. */
interface ExtendsStep {
  readonly fileName: string;
  readonly service: string;
}

/**
 * Lays each service over the one that it extends, in the same file or another, as compose-go v2 does
 * (`loader/extends.go`). `context.services` is changed.
 *
 * @throws {Problem} `compose_invalid`, `compose_cycle`, `compose_file`, `compose_limit`
 */
export function applyExtends(context: ExtendsContext): void {
  for (const name of [...context.services.keys()]) context.services.set(name, resolveService(name, context, []));
}

function resolveService(name: string, context: ExtendsContext, chain: readonly ExtendsStep[]): ComposeValue {
  const service = context.services.get(name) ?? null;
  if (service === null) return null;
  if (!isMapping(service)) throw invalidModel(`services.${name} must be a mapping`);
  const reference = service.get("extends");
  if (reference === undefined) return service;
  const { ref, file } = readReference(name, reference);
  const base = file === undefined ? sameFile({ name, ref }, context) : otherFile({ name, ref, file }, context);
  const nextChain = extendChain(chain, { fileName: file ?? context.fileName, service: name });
  const resolved = resolveService(ref, base, nextChain);
  if (resolved === null) return service;
  const source = cloneValue(resolved);
  if (!isMapping(source)) throw invalidModel(`services.${ref} must be a mapping`);
  forgetPaths(new Map([["services", new Map([[name, source]])]]), context.resetPaths);
  const merged = extendService(source, service);
  merged.delete("extends");
  context.services.set(name, merged);
  return merged;
}

function readReference(name: string, reference: ComposeValue): { ref: string; file: string | undefined } {
  if (!isMapping(reference)) return { ref: typeof reference === "string" ? reference : "", file: undefined };
  const ref = reference.get("service");
  if (typeof ref !== "string") throw invalidModel(`extends.${name}.service is required`);
  const file = reference.get("file");
  if (file === undefined || file === null) return { ref, file: undefined };
  return { ref, file: requireText(file) };
}

function sameFile({ name, ref }: { name: string; ref: string }, context: ExtendsContext): ExtendsContext {
  if (context.services.has(ref)) return context;
  throw invalidModel(
    `cannot extend service ${goQuote(name)} in ${context.fileName}: service ${goQuote(ref)} not found`,
  );
}

function otherFile(
  { name, ref, file }: { name: string; ref: string; file: string },
  context: ExtendsContext,
): ExtendsContext {
  const { scope } = context;
  const path = isAbsolutePath(file) ? file : joinPath(scope.resourceDir, file);
  const relativeDir = resourceDirectory(file, scope);
  const innerScope: LoadScope = { ...scope, workingDir: relativeDir, resourceDir: directoryOf(path) };
  const { model, resetPaths } = context.readModel(path, innerScope);
  const services = model.get("services");
  if (services === undefined)
    throw invalidModel(`cannot extend service ${goQuote(name)} in ${path}: no services section`);
  if (!isMapping(services))
    throw invalidModel(`cannot extend service ${goQuote(name)} in ${path}: services must be a mapping`);
  if (!services.has(ref))
    throw invalidModel(
      `cannot extend service ${goQuote(name)} in ${context.fileName}: service ${goQuote(ref)} not found in ${file}`,
    );
  resolvePaths(model, { workingDir: relativeDir, homeDir: scope.options.homeDir });
  // What that file's services extend is looked for from here, as compose-go does.
  return { ...context, services, resetPaths };
}

/** The directory of a named file, as seen from where named files are looked for: compose-go's `localResourceLoader`. */
export function resourceDirectory(path: string, { resourceDir, options }: LoadScope): string {
  const absolute = (name: string): string => (isAbsolutePath(name) ? name : joinPath(resourceDir, name));
  const whole = absolute(path);
  const directory = options.isDirectory?.(whole) === true ? whole : absolute(directoryOf(path));
  return relativePath(resourceDir, directory) ?? directory;
}

function extendChain(chain: readonly ExtendsStep[], step: ExtendsStep): readonly ExtendsStep[] {
  if (chain.length >= LIMITS.extendsDepth)
    throw limitExceeded(`extends leads deeper than ${LIMITS.extendsDepth} services`);
  const isKnown = chain.some(({ fileName, service }) => fileName === step.fileName && service === step.service);
  if (!isKnown) return [...chain, step];
  const [first, ...rest] = [...chain, step];
  const lines = [
    "Circular reference:",
    `  ${first?.service} in ${first?.fileName}`,
    ...rest.map(({ service, fileName }) => `  extends ${service} in ${fileName}`),
  ];
  throw composeProblem("compose_cycle", lines.join("\n"), { hint: "remove one of these extends" });
}

function cloneValue(value: ComposeValue): ComposeValue {
  if (Array.isArray(value)) return value.map(cloneValue);
  return isMapping(value) ? new Map([...value].map(([key, item]) => [key, cloneValue(item)])) : value;
}
