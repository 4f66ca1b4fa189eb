import { isRepositoryName } from "../names.ts";
import { tokenRequestInvalid } from "../problems.ts";
import { ACTIONS, type Action, type Right } from "./access.ts";

/** What is wanted in one repository. */
export interface Scope {
  readonly repository: string;
  readonly actions: ReadonlySet<Action>;
}

/** What was given of it. */
export interface Grant {
  readonly repository: string;
  readonly rights: ReadonlySet<Right>;
}

/** More than any copy between repositories wants. */
const MAX_SCOPES = 64;

/**
 * Reads the scopes of a token request: each parameter may hold several, with spaces between them. What is no scope of a
 * repository is left out, as are actions that there are not: they are not granted, and the others are.
 *
 * @throws {Problem} `token_request_invalid` when there are too many
 */
export function parseScopes(parameters: readonly string[]): Scope[] {
  const words = parameters.flatMap((parameter) => parameter.split(/\s+/)).filter((word) => word !== "");
  if (words.length > MAX_SCOPES) throw tokenRequestInvalid(`more than ${MAX_SCOPES} scopes`);
  const wanted = new Map<string, Set<Action>>();
  for (const word of words) {
    const scope = parseScope(word);
    if (!scope) continue;
    const actions = wanted.get(scope.repository) ?? new Set();
    for (const action of scope.actions) actions.add(action);
    wanted.set(scope.repository, actions);
  }
  return [...wanted].map(([repository, actions]) => ({ repository, actions }));
}

/** `repository:NAME:ACTION,…`; `*` means all actions. */
function parseScope(word: string): Scope | undefined {
  const [, repository = "", list = ""] = /^repository:([^:]+):([^:]*)$/.exec(word) ?? [];
  if (!isRepositoryName(repository)) return undefined;
  const names = list.split(",");
  return { repository, actions: new Set(ACTIONS.filter((action) => names.includes(action) || names.includes("*"))) };
}

/** A scope as it stands in a challenge. */
export function formatScope(repository: string, actions: readonly Action[]): string {
  return `repository:${repository}:${actions.join(",")}`;
}
