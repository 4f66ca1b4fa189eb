import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { coreOrganizationV1 } from "@opendepot/api/services";
import { organizationIdsOf } from "../access/find.ts";
import { callerOf } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";

/** `depot.core.v1.OrganizationService`: the organizations that a caller belongs to. */
export function coreOrganizations(deps: ApiDeps): ServiceImpl<typeof coreOrganizationV1.OrganizationService> {
  return {
    async listOrganizations(_, context) {
      const organizations = await deps.stores.organizations.list(organizationIdsOf(callerOf(context)));
      return {
        organizations: organizations.map(({ id, name, createdAt }) => ({
          ...{ orgId: id, name, createdAt: timestampFromDate(createdAt) },
        })),
      };
    },
  };
}
