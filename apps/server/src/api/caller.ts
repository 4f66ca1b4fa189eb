import { type ContextKey, type ContextValues, createContextKey, type Interceptor } from "@connectrpc/connect";
import { cliLoginV1beta1 } from "@opendepot/api/services";
import { type AuthenticateDeps, authenticate, readAuthorization } from "../access/authenticate.ts";
import type { Principal } from "../access/principal.ts";
import { tokenMissing } from "../problems.ts";

const callerKey: ContextKey<Principal | undefined> = createContextKey<Principal | undefined>(undefined);

/** Who calls, for handlers behind {@link authenticating}. */
export function callerOf(context: { readonly values: ContextValues }): Principal {
  const principal = context.values.get(callerKey);
  if (!principal) throw tokenMissing();
  return principal;
}

/** Refuses calls without a valid token; whoever logs in has none yet. */
export function authenticating(deps: AuthenticateDeps): Interceptor {
  return (next) => async (request) => {
    if (request.service.typeName === cliLoginV1beta1.LoginService.typeName) return next(request);
    const principal = await authenticate(deps, readAuthorization(request.header.get("authorization")));
    request.contextValues.set(callerKey, principal);
    return next(request);
  };
}
