import type { Rule } from "./schema.ts";

const text: Rule = { types: ["string"] };
const textOrFlag: Rule = { types: ["boolean", "string"] };
const flagOrText: Rule = { types: ["string", "boolean"] };
const size: Rule = { types: ["integer", "string"] };
const anything: Rule = {};
const textList: Rule = { types: ["array"], items: text };
const textSet: Rule = { ...textList, isUnique: true };
const textOrSet: Rule = { oneOf: [text, textSet] };
const extensions: readonly [RegExp, Rule] = [/^x-/, anything];
const NAME = /^[a-zA-Z0-9._-]+$/;

/** A mapping of plain values, or a list of `key=value`. */
const pairs: Rule = {
  oneOf: [
    {
      types: ["object"],
      patterns: [[/.+/, { types: ["string", "number", "boolean", "null"] }]],
      isClosed: true,
    },
    textSet,
  ],
};

const extraHosts: Rule = {
  oneOf: [{ types: ["object"], patterns: [[/.+/, { oneOf: [text, textList] }]], isClosed: true }, textSet],
};

const ulimits: Rule = {
  types: ["object"],
  patterns: [
    [
      /^[a-z]+$/,
      {
        oneOf: [
          size,
          {
            types: ["object"],
            properties: { hard: size, soft: size },
            required: ["soft", "hard"],
            isClosed: true,
            patterns: [extensions],
          },
        ],
      },
    ],
  ],
};

const fileReferences: Rule = {
  types: ["array"],
  items: {
    oneOf: [
      text,
      {
        types: ["object"],
        properties: { source: text, target: text, uid: text, gid: text, mode: { types: ["number", "string"] } },
        isClosed: true,
        patterns: [extensions],
      },
    ],
  },
};

const build: Rule = {
  oneOf: [
    text,
    {
      types: ["object"],
      properties: {
        context: text,
        dockerfile: text,
        dockerfile_inline: text,
        entitlements: textList,
        args: pairs,
        ssh: pairs,
        labels: pairs,
        cache_from: textList,
        cache_to: textList,
        no_cache: textOrFlag,
        no_cache_filter: textOrSet,
        additional_contexts: pairs,
        network: text,
        provenance: flagOrText,
        sbom: flagOrText,
        pull: textOrFlag,
        target: text,
        shm_size: size,
        extra_hosts: extraHosts,
        isolation: text,
        privileged: textOrFlag,
        secrets: fileReferences,
        tags: textList,
        ulimits,
        platforms: textList,
      },
      isClosed: true,
      patterns: [extensions],
    },
  ],
};

const envFile: Rule = {
  oneOf: [
    text,
    {
      types: ["array"],
      items: {
        oneOf: [
          text,
          {
            types: ["object"],
            isClosed: true,
            properties: { path: text, format: text, required: textOrFlag },
            required: ["path"],
          },
        ],
      },
    },
  ],
};

const secret: Rule = {
  types: ["object"],
  properties: {
    name: text,
    environment: text,
    file: text,
    external: { types: ["boolean", "string", "object"], properties: { name: text } },
    labels: pairs,
    driver: text,
    driver_opts: { types: ["object"], patterns: [[/^.+$/, { types: ["string", "number"] }]] },
    template_driver: text,
  },
  isClosed: true,
  patterns: [extensions],
};

/**
 * The parts of the Compose Specification that a build depends on, after short forms were made long: services with their
 * image, build and environment, and secrets.
 */
export const BUILD_MODEL: Rule = {
  types: ["object"],
  properties: {
    services: {
      types: ["object"],
      patterns: [
        [NAME, { types: ["object"], properties: { image: text, build, environment: pairs, env_file: envFile } }],
      ],
      isClosed: true,
    },
    secrets: { types: ["object"], patterns: [[NAME, secret]], isClosed: true },
  },
};
