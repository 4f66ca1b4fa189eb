import { boolType, boolValue, dynamicType, numberType, type Type, unknownValue, type Value } from "../cty/index.ts";
import { append } from "../diagnostics/append.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { FunctionError, operatorFunctions } from "../functions/index.ts";
import type { BinaryNode, BinaryOperator, ExpressionNode, UnaryNode } from "../syntax/tree.ts";
import { tryConvert } from "./conversion.ts";
import type { Scope } from "./scope.ts";

type Name = keyof typeof operatorFunctions;

interface Operation {
  readonly name: Name;
  readonly operand: Type;
  readonly result: Type;
}

const logical = (name: Name): Operation => ({ name, operand: boolType, result: boolType });
const comparison = (name: Name): Operation => ({ name, operand: numberType, result: boolType });
const arithmetic = (name: Name): Operation => ({ name, operand: numberType, result: numberType });

const BINARY: Readonly<Record<BinaryOperator, Operation>> = {
  "||": logical("or"),
  "&&": logical("and"),
  "==": { name: "equal", operand: dynamicType, result: boolType },
  "!=": { name: "notEqual", operand: dynamicType, result: boolType },
  ">": comparison("greaterThan"),
  ">=": comparison("greaterThanOrEqual"),
  "<": comparison("lessThan"),
  "<=": comparison("lessThanOrEqual"),
  "+": arithmetic("add"),
  "-": arithmetic("subtract"),
  "*": arithmetic("multiply"),
  "/": arithmetic("divide"),
  "%": arithmetic("modulo"),
};

const UNARY: Readonly<Record<"-" | "!", Operation>> = { "-": arithmetic("negate"), "!": logical("not") };

/** Operators between two operands: hclsyntax's `BinaryOpExpr`. */
export function evaluateBinary(node: BinaryNode, scope: Scope): Value {
  // Chains such as `a + b + c` lean to the left and can be long, so they are not walked by recursion.
  const chain: BinaryNode[] = [];
  let first: ExpressionNode = node;
  for (; first.kind === "binary"; first = first.left) chain.push(first);
  let left = evaluateOperand(first, scope);
  for (const link of chain.reverse()) left = combine(link, left, scope);
  append(scope.diagnostics, left.faults.inOrder());
  return left.value;
}

interface Operand {
  readonly value: Value;
  readonly faults: Faults;
}

/** Diagnostics that are added at both ends. */
class Faults {
  readonly #reversed: Diagnostic[] = [];
  readonly #back: Diagnostic[];

  constructor(diagnostics: Diagnostic[] = []) {
    this.#back = diagnostics;
  }

  get isEmpty(): boolean {
    return this.#reversed.length === 0 && this.#back.length === 0;
  }

  putFirst(diagnostics: readonly Diagnostic[]): void {
    append(this.#reversed, diagnostics.toReversed());
  }

  putLast(faults: Faults): void {
    append(this.#back, faults.inOrder());
  }

  *inOrder(): Generator<Diagnostic> {
    yield* this.#reversed.toReversed();
    yield* this.#back;
  }
}

function evaluateOperand(node: ExpressionNode, scope: Scope): Operand {
  const apart = scope.apart();
  return { value: apart.evaluate(node), faults: new Faults(apart.diagnostics) };
}

function combine(node: BinaryNode, left: Operand, outer: Scope): Operand {
  const operation = BINARY[node.operator];
  const right = evaluateOperand(node.right, outer);
  const scope = outer.apart();
  const leftValue = operand(node, left.value, { side: "left", scope });
  const rightValue = operand(node, right.value, { side: "right", scope });
  const { faults } = left;
  const failed: Operand = { value: unknownValue(operation.result), faults };
  if (leftValue === undefined || rightValue === undefined) {
    faults.putFirst(scope.diagnostics);
    faults.putLast(right.faults);
    return failed;
  }
  const decided = shortCircuit(node.operator, { ...left, value: leftValue }, { ...right, value: rightValue });
  if (decided !== undefined) return decided;
  faults.putLast(right.faults);
  if (!faults.isEmpty) return failed;
  const value = call(operation, [leftValue, rightValue], { node, scope });
  return { value, faults: new Faults(scope.diagnostics) };
}

function operand(
  node: BinaryNode,
  value: Value,
  { side, scope }: { side: "left" | "right"; scope: Scope },
): Value | undefined {
  const converted = tryConvert(value, BINARY[node.operator].operand);
  if ("value" in converted) return converted.value;
  scope.report("Invalid operand", `Unsuitable value for ${side} operand: ${converted.problem}.`, {
    subject: node[side].range,
    context: node.range,
  });
  return undefined;
}

// One operand can decide, and then only its own errors count.
function shortCircuit(operator: BinaryOperator, left: Operand, right: Operand): Operand | undefined {
  if (operator !== "||" && operator !== "&&") return undefined;
  const deciding = operator === "||";
  if (!left.value.isKnown && !right.value.isKnown) {
    return left.faults.isEmpty ? { value: unknownValue(boolType), faults: left.faults } : undefined;
  }
  for (const { value, faults } of [left, right]) {
    if (value.isKnown && isTrue(value) === deciding) return { value: boolValue(deciding), faults };
  }
  const open = [left, right].find(({ value }) => !value.isKnown);
  const other = open === left ? right : left;
  if (open === undefined || isTrue(other.value) === deciding) return undefined;
  return { value: unknownValue(boolType), faults: open.faults };
}

// A null counts as false here, as it does in HCL.
function isTrue(value: Value): boolean {
  return value.content === true;
}

/** A sign before an operand: hclsyntax's `UnaryOpExpr`. */
export function evaluateUnary(node: UnaryNode, scope: Scope): Value {
  const operation = UNARY[node.operator];
  const { value: given, failed } = scope.attempt(node.operand);
  const converted = tryConvert(given, operation.operand);
  if ("problem" in converted) {
    scope.report("Invalid operand", `Unsuitable value for unary operand: ${converted.problem}.`, {
      subject: node.operand.range,
      context: node.range,
    });
    return unknownValue(operation.result);
  }
  if (failed) return unknownValue(operation.result);
  return call(operation, [converted.value], { node, scope });
}

function call(
  { name, result }: Operation,
  args: readonly Value[],
  { node, scope }: { node: ExpressionNode; scope: Scope },
): Value {
  try {
    return operatorFunctions[name].call(args);
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    scope.report("Operation failed", `Error during operation: ${error.message}.`, { subject: node.range });
    return unknownValue(result);
  }
}
