import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  ScalarType,
} from "@bufbuild/protobuf";
import type { FileDescriptorSet } from "@bufbuild/protobuf/wkt";

const scalarKinds: Partial<Record<ScalarType, { kind: string; ts: string }>> = {
  [ScalarType.STRING]: { kind: "string", ts: "string" },
  [ScalarType.BYTES]: { kind: "bytes", ts: "Uint8Array" },
  [ScalarType.BOOL]: { kind: "bool", ts: "boolean" },
  [ScalarType.INT32]: { kind: "int32", ts: "number" },
  [ScalarType.UINT32]: { kind: "uint32", ts: "number" },
  [ScalarType.INT64]: { kind: "int64", ts: "bigint" },
  [ScalarType.UINT64]: { kind: "uint64", ts: "bigint" },
  [ScalarType.FLOAT]: { kind: "float", ts: "number" },
  [ScalarType.DOUBLE]: { kind: "double", ts: "number" },
};

/** Writes one TypeScript file of interfaces and message tables for each `.proto` file that `wanted` accepts. */
export function writeMessageTables(set: FileDescriptorSet, folder: string, wanted: (file: string) => boolean): void {
  const registry = createFileRegistry(set);
  const needed = new Set<DescFile>();
  const visit = (file: DescFile): void => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const dependency of file.dependencies) visit(dependency);
  };
  for (const file of registry.files)
    if (wanted(`${file.name}.proto`) && !file.name.startsWith("google/protobuf/")) visit(file);
  for (const file of needed) {
    const path = join(folder, `${file.name}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, renderFile(file, folder));
  }
}

function renderFile(file: DescFile, folder: string): string {
  const imports = new Map<string, Set<string>>();
  const refer = (desc: DescMessage | DescEnum): string => {
    if (desc.file !== file) {
      const names = imports.get(desc.file.name) ?? new Set();
      imports.set(desc.file.name, names.add(localName(desc)));
    }
    return localName(desc);
  };
  const parts = [
    ...allEnums(file).map(renderEnum),
    ...allMessages(file).map((desc) => renderMessage(desc, refer)),
    ...file.services.map((service) => renderService(service, refer)),
  ];
  const here = dirname(join(folder, file.name));
  const wireImports = [
    ...(file.services.length > 0 ? ["type Method"] : []),
    ...(allMessages(file).length > 0 ? ["type MessageType", "message"] : []),
  ];
  const importLines = [...imports].map(
    ([name, names]) =>
      `import { ${[...names].sort().join(", ")} } from "${toModule(relative(here, join(folder, name)))}";`,
  );
  return [
    `// Generated from proto/${file.name}.proto by npm run generate. Not to be edited.`,
    ...(wireImports.length > 0
      ? [`import { ${wireImports.join(", ")} } from "${toModule(relative(here, join(folder, "../wire/message")))}";`]
      : []),
    ...importLines.sort(),
    "",
    parts.join("\n\n"),
    "",
  ].join("\n");
}

function toModule(path: string): string {
  return `${path.startsWith(".") ? "" : "./"}${path}.ts`;
}

function allMessages(container: DescFile | DescMessage): DescMessage[] {
  const nested = "messages" in container ? container.messages : container.nestedMessages;
  return nested.flatMap((desc) => [desc, ...allMessages(desc)]);
}

function allEnums(file: DescFile): DescEnum[] {
  return [...file.enums, ...allMessages(file).flatMap((desc) => desc.nestedEnums)];
}

/** `Outer.Inner` becomes `Outer_Inner`; the names of one file are unique. */
function localName(desc: DescMessage | DescEnum): string {
  const { package: pkg } = desc.file.proto;
  return (pkg ? desc.typeName.slice(pkg.length + 1) : desc.typeName).replaceAll(".", "_");
}

function renderEnum(desc: DescEnum): string {
  const name = localName(desc);
  const values = desc.values.map((value) => `  ${value.name}: ${value.number},`).join("\n");
  return `export const ${name} = {\n${values}\n} as const;\nexport type ${name} = number;`;
}

function renderMessage(desc: DescMessage, refer: (desc: DescMessage | DescEnum) => string): string {
  const name = localName(desc);
  const properties = desc.fields.map((field) => `  ${propertyName(field)}${propertyType(field, refer)};`);
  const rows = [...desc.fields].sort((a, b) => a.number - b.number).map((field) => `  ${fieldRow(field, refer)},`);
  const body = rows.length > 0 ? `[\n${rows.join("\n")}\n]` : "[]";
  const shape = properties.length > 0 ? `{\n${properties.join("\n")}\n}` : "{}";
  const declaration =
    properties.length > 0 ? `export interface ${name} ${shape}` : `export type ${name} = Record<never, never>;`;
  return `${declaration}\nexport const ${name}: MessageType<${name}> = message("${desc.typeName}", () => ${body});`;
}

function propertyType(field: DescField, refer: (desc: DescMessage | DescEnum) => string): string {
  const value = fieldValue(field, refer);
  if (field.fieldKind === "list") return `: ${value.ts}[]`;
  if (field.fieldKind === "map") return `: Record<string, ${value.ts}>`;
  return hasPresence(field) ? `?: ${value.ts} | undefined` : `: ${value.ts}`;
}

function fieldRow(field: DescField, refer: (desc: DescMessage | DescEnum) => string): string {
  const parts = [String(field.number), JSON.stringify(propertyName(field)), fieldValue(field, refer).kind];
  if (field.fieldKind === "list") parts.push('"many"');
  else if (field.fieldKind === "map") parts.push('"map"', JSON.stringify(scalarKinds[field.mapKey]?.kind));
  else if (hasPresence(field) && field.fieldKind !== "message") parts.push('"optional"');
  return `[${parts.join(", ")}]`;
}

function hasPresence(field: DescField): boolean {
  return field.fieldKind === "message" || field.oneof !== undefined || field.proto.proto3Optional;
}

function fieldValue(field: DescField, refer: (desc: DescMessage | DescEnum) => string): { kind: string; ts: string } {
  if (field.message) return { kind: refer(field.message), ts: refer(field.message) };
  if (field.enum) return { kind: '"enum"', ts: refer(field.enum) };
  const scalar = field.scalar === undefined ? undefined : scalarKinds[field.scalar];
  if (!scalar) throw new Error(`${field.parent.typeName}.${field.name}: a type that the message tables do not know`);
  return { kind: JSON.stringify(scalar.kind), ts: scalar.ts };
}

/** lowerCamelCase, also for names such as `ExporterAttrs`, `ID` and `FrontendAPICaps`. */
function propertyName(field: DescField): string {
  const words = field.name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .split("_")
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
  return words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join("");
}

function renderService(desc: DescService, refer: (desc: DescMessage | DescEnum) => string): string {
  const rows = desc.methods.map((method) => {
    const [request, response] = [refer(method.input), refer(method.output)];
    const type = `Method<${request}, ${response}>`;
    const name = method.name.charAt(0).toLowerCase() + method.name.slice(1);
    return {
      type: `  readonly ${name}: ${type};`,
      value: `  ${name}: { path: "/${desc.typeName}/${method.name}", kind: "${kindOf(method)}", request: ${request}, response: ${response} },`,
    };
  });
  return [
    `export const ${desc.name}: {`,
    ...rows.map((row) => row.type),
    "} = {",
    ...rows.map((row) => row.value),
    "};",
  ].join("\n");
}

function kindOf(method: DescMethod): string {
  return method.methodKind
    .replace("server_streaming", "server-stream")
    .replace("client_streaming", "client-stream")
    .replace("bidi_streaming", "bidi");
}
