import assert from "node:assert/strict";
import { test } from "node:test";
import { readSshAgents } from "@opendepot/buildflags";
import { printDefinition } from "./print.ts";
import type { Target } from "./target.ts";

test("fields stand in buildx's order, with ours last, and only what is there", () => {
  const target: Target = {
    name: "app",
    description: "",
    project_id: "p1",
    ssh: readSshAgents(["default", "git=key,other"]),
    tags: [],
    pull: false,
    args: new Map([
      ["b", "\u0024{x}"],
      ["a", null],
    ]),
    entitlements: ["network.host"],
  };
  const groups = new Map([["default", { name: "default", description: "d", targets: undefined }]]);
  const printed = printDefinition({ groups, targets: new Map([["app", target]]) });
  assert.equal(
    printed,
    `{
  "group": {
    "default": {
      "description": "d",
      "targets": null
    }
  },
  "target": {
    "app": {
      "args": {
        "a": null,
        "b": "$\${x}"
      },
      "ssh": [
        {
          "id": "default"
        },
        {
          "id": "git",
          "paths": [
            "key",
            "other"
          ]
        }
      ],
      "pull": false,
      "entitlements": [
        "network.host"
      ],
      "project_id": "p1"
    }
  }
}
`,
  );
});
