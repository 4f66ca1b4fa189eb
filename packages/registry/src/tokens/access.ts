/** What clients ask for in a repository. Reading is `pull`; none of them includes another. */
export type Action = "pull" | "push" | "delete";

/**
 * What somebody may do in a repository. `pull-granted` is less than `pull`: it reads the images that {@link Access.granted}
 * names, with all that they are made of and what refers to them. Nothing else is there for whoever has it.
 */
export type Right = Action | "pull-granted";

/** An image that may be pulled by somebody who may not pull everything. */
export interface GrantedImage {
  /** Seen under this tag as long as the tag names the digest. */
  readonly tag: string;
  readonly digest: string;
}

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
  actions(caller: Caller, repository: string, signal?: AbortSignal): Promise<ReadonlySet<Right>>;

  /**
   * What `pull-granted` lets the caller read; undefined when he is nobody any more. Asked on every request of such a
   * caller, also of one with a token, of whom only the id is known then. Without this method it lets him read nothing.
   */
  granted?(caller: Caller, repository: string, signal?: AbortSignal): Promise<readonly GrantedImage[] | undefined>;
}

/** A caller with rights that were proven, by whatever means. */
export interface Identity {
  readonly caller: Caller;
  /** How the rights were shown: a token holds only those that were asked for. */
  readonly by: "password" | "token" | "nothing";
  allows(right: Right, repository: string): Promise<boolean>;
}

export const ACTIONS: readonly Action[] = ["pull", "push", "delete"];

/** Somebody of whom the product is asked each time, but once for a repository. */
export function askAccess(
  access: Access,
  caller: Caller,
  options: { readonly by: "password" | "nothing"; readonly signal: AbortSignal },
): Identity {
  const known = new Map<string, Promise<ReadonlySet<Right>>>();
  return {
    caller,
    by: options.by,
    allows: async (right, repository) => {
      const rights = known.get(repository) ?? access.actions(caller, repository, options.signal);
      known.set(repository, rights);
      return (await rights).has(right);
    },
  };
}
