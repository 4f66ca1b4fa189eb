import { objectsOf, parseAnswer, textOf } from "./answer-json.ts";
import { alignColumns } from "./tab-columns.ts";

/**
 * The requests that a frontend answers. BuildKit: frontend/subrequests/describe.go.
 *
 * @throws {Problem} `subrequest_result_invalid`
 */
export function renderDescribe(json: string): string {
  const requests = objectsOf(parseAnswer("frontend.subrequests.describe", json));
  const lines = requests.map(({ name, version, description }) =>
    [textOf(name).replace(/^frontend\./, ""), textOf(version), textOf(description)].join("\t"),
  );
  return alignColumns(["NAME\tVERSION\tDESCRIPTION", ...lines], { padding: 1 });
}
