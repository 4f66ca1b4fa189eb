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
} from "../../cty/index.ts";
import { type Arguments, FunctionError, type FunctionTable } from "../core/function.ts";
import { type CsvRecord, csvFault, parseCsv } from "./csv.ts";

const text = [{ name: "str", type: stringType }];

/** JSON and CSV: go-cty's `stdlib/json.go` and `stdlib/csv.go`. */
export const dataFunctions: FunctionTable = {
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
};

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
  const records = parseCsv(args[0].asString());
  const rows: Value[] = [];
  let names: readonly string[] | undefined;
  for (const { fields, line } of records) {
    if (names === undefined) {
      names = fields;
      continue;
    }
    if (fields.length !== names.length) throw csvFault(line, "wrong number of fields");
    const row = names.map((name, at) => [name, stringValue(fields[at] ?? "")] as const);
    rows.push(objectValue(row));
  }
  return listValue(rows, type.kind === "list" ? type.element : dynamicType);
}
