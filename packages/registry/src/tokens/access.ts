/** What may be done in a repository. Reading is `pull`; none of them includes another. */
export type Action = "pull" | "push" | "delete";

/** Somebody whom the product knows. */
export interface Caller {
  /** Stands in tokens, events and logs, and counts uploads together: stable, and no secret. At most 255 characters. */
  readonly id: string;
}

/** Who may do what: the product's to know, asked on every request with a password and for every token. */
export interface Access {
  /** Whom these credentials belong to; undefined when they are nobody's, or no longer. The password is a secret. */
  identify(username: string, password: string, signal?: AbortSignal): Promise<Caller | undefined>;

  /** What the caller may do in the repository, whether it exists or not. */
  actions(caller: Caller, repository: string, signal?: AbortSignal): Promise<ReadonlySet<Action>>;
}

/** A caller with rights that were proven, by whatever means. */
export interface Identity {
  readonly caller: Caller;
  /** How the rights were shown: a token holds only those that were asked for. */
  readonly by: "password" | "token" | "nothing";
  allows(action: Action, repository: string): Promise<boolean>;
}

export const ACTIONS: readonly Action[] = ["pull", "push", "delete"];

/** Somebody of whom the product is asked each time, but once for a repository. */
export function askAccess(
  access: Access,
  caller: Caller,
  options: { readonly by: "password" | "nothing"; readonly signal: AbortSignal },
): Identity {
  const known = new Map<string, Promise<ReadonlySet<Action>>>();
  return {
    caller,
    by: options.by,
    allows: async (action, repository) => {
      const actions = known.get(repository) ?? access.actions(caller, repository, options.signal);
      known.set(repository, actions);
      return (await actions).has(action);
    },
  };
}
