// Generated from proto/moby/buildkit/v1/apicaps/caps.proto by npm run generate. Not to be edited.
import { type MessageType, message } from "../../../../../wire/message.ts";

export interface APICap {
  id: string;
  enabled: boolean;
  deprecated: boolean;
  disabledReason: string;
  disabledReasonMsg: string;
  disabledAlternative: string;
}
export const APICap: MessageType<APICap> = message("moby.buildkit.v1.apicaps.APICap", () => [
  [1, "id", "string"],
  [2, "enabled", "bool"],
  [3, "deprecated", "bool"],
  [4, "disabledReason", "string"],
  [5, "disabledReasonMsg", "string"],
  [6, "disabledAlternative", "string"],
]);
