import type { LanguageFunction } from "./function.ts";

/** The functions behind the operators of expressions. */
export const operatorFunctions: Readonly<Record<string, LanguageFunction>> = {};
