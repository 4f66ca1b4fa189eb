import { objectOf, objectsOf, parseAnswer, textOf } from "./answer-json.ts";
import { alignColumns } from "./tab-columns.ts";

/**
 * The targets of a Dockerfile. BuildKit: frontend/subrequests/targets.
 *
 * @throws {Problem} `subrequest_result_invalid`
 */
export function renderTargets(json: string): string {
  const targets = objectsOf(objectOf(parseAnswer("frontend.targets", json))["targets"]);
  const lines = targets.map((target) => {
    const name = textOf(target["name"]);
    const mark = target["default"] === true ? "(default)" : "";
    return `${[name, mark].filter(Boolean).join(" ")}\t${textOf(target["description"])}`;
  });
  return alignColumns(["TARGET\tDESCRIPTION", ...lines], { padding: 1 });
}
