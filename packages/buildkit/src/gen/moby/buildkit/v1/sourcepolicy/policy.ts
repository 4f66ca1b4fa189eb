// Generated from proto/moby/buildkit/v1/sourcepolicy/policy.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../../../../wire/message.ts";

export const PolicyAction = {
  ALLOW: 0,
  DENY: 1,
  CONVERT: 2,
} as const;
export type PolicyAction = number;

export const AttrMatch = {
  EQUAL: 0,
  NOTEQUAL: 1,
  MATCHES: 2,
} as const;
export type AttrMatch = number;

export const MatchType = {
  WILDCARD: 0,
  EXACT: 1,
  REGEX: 2,
} as const;
export type MatchType = number;

export interface Rule {
  action: PolicyAction;
  selector?: Selector | undefined;
  updates?: Update | undefined;
}
export const Rule: MessageType<Rule> = message("moby.buildkit.v1.sourcepolicy.Rule", () => [
  [1, "action", "enum"],
  [2, "selector", Selector],
  [3, "updates", Update],
]);

export interface Update {
  identifier: string;
  attrs: Record<string, string>;
}
export const Update: MessageType<Update> = message("moby.buildkit.v1.sourcepolicy.Update", () => [
  [1, "identifier", "string"],
  [2, "attrs", "string", "map", "string"],
]);

export interface Selector {
  identifier: string;
  matchType: MatchType;
  constraints: AttrConstraint[];
}
export const Selector: MessageType<Selector> = message("moby.buildkit.v1.sourcepolicy.Selector", () => [
  [1, "identifier", "string"],
  [2, "matchType", "enum"],
  [3, "constraints", AttrConstraint, "many"],
]);

export interface AttrConstraint {
  key: string;
  value: string;
  condition: AttrMatch;
}
export const AttrConstraint: MessageType<AttrConstraint> = message("moby.buildkit.v1.sourcepolicy.AttrConstraint", () => [
  [1, "key", "string"],
  [2, "value", "string"],
  [3, "condition", "enum"],
]);

export interface Policy {
  version: bigint;
  rules: Rule[];
}
export const Policy: MessageType<Policy> = message("moby.buildkit.v1.sourcepolicy.Policy", () => [
  [1, "version", "int64"],
  [2, "rules", Rule, "many"],
]);
