import type { Access, Caller, GrantedImage, Right } from "../tokens/access.ts";

/** Somebody who may use a test registry. */
export interface TestUser {
  readonly password: string;
  /** By repository; `*` stands for all others. */
  readonly rights: Readonly<Record<string, readonly Right[]>>;
  /** By repository, for `pull-granted`. */
  readonly granted?: Readonly<Record<string, readonly GrantedImage[]>> | undefined;
}

/** Rights that can be changed while a test runs. Names of users are the callers' ids. */
export class FixedAccess implements Access {
  readonly users: Map<string, TestUser>;

  constructor(users: Readonly<Record<string, TestUser>>) {
    this.users = new Map(Object.entries(users));
  }

  async identify(username: string, password: string): Promise<Caller | undefined> {
    const user = this.users.get(username);
    return user && user.password === password ? { id: username } : undefined;
  }

  async actions(caller: Caller, repository: string): Promise<ReadonlySet<Right>> {
    const rights = this.users.get(caller.id)?.rights ?? {};
    return new Set(rights[repository] ?? rights["*"] ?? []);
  }

  async granted(caller: Caller, repository: string): Promise<readonly GrantedImage[] | undefined> {
    const user = this.users.get(caller.id);
    return user && (user.granted?.[repository] ?? []);
  }
}
