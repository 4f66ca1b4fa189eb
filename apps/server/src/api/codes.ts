import { Code } from "@connectrpc/connect";
import type { ConnectCodes } from "@opendepot/api/problem-connect";
import type { ApiProblemCode } from "../problems.ts";

/**
 * Connect's code for each problem. `not_found` for a project starts the hosted product's CLI on choosing or creating one;
 * `unavailable` is what clients may try again.
 */
export const CONNECT_CODES: ConnectCodes = {
  token_missing: Code.Unauthenticated,
  token_unknown: Code.Unauthenticated,
  token_expired: Code.Unauthenticated,
  token_revoked: Code.Unauthenticated,
  not_permitted: Code.PermissionDenied,
  organization_not_found: Code.NotFound,
  project_not_found: Code.NotFound,
  project_not_given: Code.NotFound,
  build_not_found: Code.NotFound,
  token_not_found: Code.NotFound,
  images_not_found: Code.NotFound,
  push_not_found: Code.NotFound,
  copies_busy: Code.ResourceExhausted,
  argument_invalid: Code.InvalidArgument,
  page_token_invalid: Code.InvalidArgument,
  not_available_yet: Code.Unimplemented,
  build_ended: Code.FailedPrecondition,
  builder_gone: Code.Unavailable,
  builder_start_timeout: Code.Unavailable,
  cache_reset: Code.Aborted,
  server_draining: Code.Unavailable,
  server_stopping: Code.Unavailable,
  database_unavailable: Code.Unavailable,
} satisfies Record<ApiProblemCode, Code>;
