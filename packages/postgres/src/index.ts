export { type ManagedPostgres, startManagedPostgres } from "./managed-postgres.ts";
export type { BinarySources, ManagedPostgresOptions } from "./options.ts";
export type { PostgresProblemCode } from "./problems.ts";
