import { boolType, boolValue, dynamicType, numberType, type Type, unknownValue, type Value } from "../cty/index.ts";
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
  const inner = scope.apart();
  let left = { value: inner.evaluate(first), diagnostics: inner.diagnostics };
  for (const link of chain.reverse()) {
    const outer = scope.apart();
    left = { value: combine(link, left, outer), diagnostics: outer.diagnostics };
  }
  scope.diagnostics.push(...left.diagnostics);
  return left.value;
}

interface Operand {
  readonly value: Value;
  readonly diagnostics: Scope["diagnostics"];
}

function combine(node: BinaryNode, left: Operand, scope: Scope): Value {
  const operation = BINARY[node.operator];
  const leftValue = operand(node, left.value, { side: "left", scope });
  const apart = scope.apart();
  const right: Operand = { value: apart.evaluate(node.right), diagnostics: apart.diagnostics };
  const rightValue = operand(node, right.value, { side: "right", scope });
  if (leftValue === undefined || rightValue === undefined) {
    scope.diagnostics.push(...left.diagnostics, ...right.diagnostics);
    return unknownValue(operation.result);
  }
  const decided = shortCircuit(node.operator, { ...left, value: leftValue }, { ...right, value: rightValue });
  if (decided !== undefined) {
    scope.diagnostics.push(...decided.diagnostics);
    return decided.value;
  }
  scope.diagnostics.push(...left.diagnostics, ...right.diagnostics);
  if (scope.diagnostics.length > 0) return unknownValue(operation.result);
  return call(operation, [leftValue, rightValue], { node, scope });
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
    return left.diagnostics.length === 0 ? { value: unknownValue(boolType), diagnostics: [] } : undefined;
  }
  for (const { value, diagnostics } of [left, right]) {
    if (value.isKnown && isTrue(value) === deciding) return { value: boolValue(deciding), diagnostics };
  }
  const open = [left, right].find(({ value }) => !value.isKnown);
  const other = open === left ? right : left;
  if (open === undefined || isTrue(other.value) === deciding) return undefined;
  return { value: unknownValue(boolType), diagnostics: open.diagnostics };
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
