import type { ServiceImpl } from "@connectrpc/connect";
import type { cliPushV1 } from "@opendepot/api/services";
import { findBuild } from "../access/find.ts";
import { newLongId } from "../ids.ts";
import { pushNotFound } from "../problems.ts";
import { callerOf } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";

const MAX_TAG = 1000;
const MAX_ERROR = 65_536;

/** `depot.cli.v1.PushService`: what is remembered of a copy that the client makes of a saved image. */
export function cliPush({ stores, clock }: ApiDeps): ServiceImpl<typeof cliPushV1.PushService> {
  return {
    async startPush({ tag, buildId }, context) {
      await findBuild(stores.builds, callerOf(context), buildId);
      const id = newLongId();
      await stores.savedImages.startPush({ id, buildId, tag: clean(tag, MAX_TAG), now: clock.now() });
      return { pushId: id };
    },

    async finishPush({ pushId, buildId, error }, context) {
      await findBuild(stores.builds, callerOf(context), buildId);
      const said = error === undefined ? undefined : clean(error, MAX_ERROR);
      const isFound = await stores.savedImages.finishPush({ id: pushId, buildId, error: said, now: clock.now() });
      if (!isFound) throw pushNotFound(pushId);
      return {};
    },
  };
}

function clean(text: string, length: number): string {
  return text.slice(0, length).replaceAll("\0", "");
}
