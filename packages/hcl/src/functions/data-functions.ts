import {
  decodeImpliedJson,
  dynamicType,
  encodeJson,
  listType,
  listValue,
  objectType,
  objectValue,
  quote,
  stringType,
  stringValue,
  type Type,
  type Value,
} from "../cty/index.ts";
import { type CsvRecord, csvFault, parseCsv } from "./csv.ts";
import { type Arguments, FunctionError, type FunctionTable } from "./function.ts";

const text = [{ name: "str", type: stringType }];

/** JSON and CSV: go-cty's `stdlib/json.go` and `stdlib/csv.go`. */
export const dataFunctions = {
  csvdecode: { params: text, type: (args) => csvType(args[0].asString()), impl: decodeCsv },
  jsondecode: {
    params: text,
    type: (args) => decodeImpliedJson(args[0].asString()).type,
    impl: (args) => decodeImpliedJson(args[0].asString()),
  },
  jsonencode: {
    params: [{ name: "val", type: dynamicType, allowNull: true, allowDynamicType: true }],
    type: stringType,
    impl: (args) => stringValue(encodeJson(args[0])),
  },
} satisfies FunctionTable;

function csvType(content: string): Type {
  const names = header(content).fields;
  for (const [at, name] of names.entries()) {
    if (names.indexOf(name) < at) throw new FunctionError(`duplicate column name ${quote(name)}`);
  }
  return listType(objectType(names.map((name) => [name, stringType])));
}

function header(content: string): CsvRecord {
  const first = parseCsv(content).next();
  if (first.done === true) throw new FunctionError("missing header line");
  return first.value;
}

function decodeCsv(args: Arguments, type: Type): Value {
  const [names, ...records] = parseCsv(args[0].asString());
  const rows = records.map(({ fields, line }) => {
    if (fields.length !== names?.fields.length) throw csvFault(line, "wrong number of fields");
    return objectValue(fields.map((field, at) => [names.fields[at] ?? "", stringValue(field)]));
  });
  return listValue(rows, type.kind === "list" ? type.element : dynamicType);
}
