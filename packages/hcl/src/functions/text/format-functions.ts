import { dynamicType, listType, listValue, stringType, stringValue, type Value } from "../../cty/index.ts";
import { type Arguments, argumentFault, FunctionError, type FunctionTable, type Parameter } from "../core/function.ts";
import { formatValues } from "./format.ts";

const params: readonly Parameter[] = [{ name: "format", type: stringType }];
const varParam: Parameter = { name: "args", type: dynamicType, allowNull: true, allowDynamicType: true };

/** Formats: go-cty's `stdlib/format.go`. */
export const formatFunctions: FunctionTable = {
  format: {
    params,
    varParam,
    type: stringType,
    impl: (args) => stringValue(formatValues(args[0].asString(), args.slice(1))),
  },
  formatlist: {
    params,
    varParam,
    type: listType(stringType),
    impl: (args) => listValue(formatEach(args).map(stringValue), stringType),
  },
};

function formatEach(args: Arguments): readonly string[] {
  const format = args[0].asString();
  const values = args.slice(1);
  if (values.length === 0) return [formatValues(format, [])];
  const rows = values.map((value) => (isRow(value) ? value.asElements() : undefined));
  const count = rowLength(rows) ?? 1;
  return Array.from({ length: count }, (_, iteration) => {
    const row = values.map((value, at) => rows[at]?.[iteration] ?? value);
    return formatIteration(format, row, iteration);
  });
}

function isRow(value: Value): boolean {
  return !value.isNull && ["list", "set", "tuple"].includes(value.type.kind);
}

function rowLength(rows: readonly (readonly Value[] | undefined)[]): number | undefined {
  const first = rows.findIndex((row) => row !== undefined);
  const length = rows[first]?.length;
  for (const [at, row] of rows.entries()) {
    if (row === undefined || row.length === length) continue;
    const place = `argument ${at + 1} has length ${row.length}`;
    throw argumentFault(at + 1, `${place}, which is inconsistent with argument ${first + 1} of length ${length}`);
  }
  return length;
}

function formatIteration(format: string, row: readonly Value[], iteration: number): string {
  try {
    return formatValues(format, row);
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    throw new FunctionError(`error on format iteration ${iteration}: ${error.message}`, { cause: error });
  }
}
