import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { registryV1 } from "@opendepot/api/services";
import { findProject } from "../access/find.ts";
import { argumentInvalid } from "../problems.ts";
import { callerOf } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";
import { pageLimit } from "./page-token.ts";

const PAGE = { default: 100, max: 1000 };
const MAX_TAGS = 1000;

/** `depot.build.v1.RegistryService`: a project's saved images. */
export function savedImages({ stores, images }: ApiDeps): ServiceImpl<typeof registryV1.RegistryService> {
  return {
    async listImages({ projectId, pageSize, pageToken }, context) {
      const { id } = await findProject(stores.projects, callerOf(context), projectId);
      const page = await images.list(id, { limit: pageLimit(pageSize ?? 0, PAGE), token: pageToken ?? "" });
      return {
        images: page.images.map(({ name, digest, pushedAt, sizeBytes }) => ({
          ...{ tag: name, digest, sizeBytes: BigInt(sizeBytes) },
          pushedAt: timestampFromDate(pushedAt),
        })),
        ...(page.nextPageToken === undefined ? {} : { nextPageToken: page.nextPageToken }),
      };
    },

    async deleteImage({ projectId, imageTags }, context) {
      const { id } = await findProject(stores.projects, callerOf(context), projectId);
      if (imageTags.length === 0) throw argumentInvalid("no image tag was given", "name the tags to remove");
      if (imageTags.length > MAX_TAGS)
        throw argumentInvalid(`${imageTags.length} image tags`, `give ${MAX_TAGS} at most`);
      await images.delete(id, imageTags);
      return {};
    },
  };
}
