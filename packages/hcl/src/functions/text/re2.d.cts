/** Loads the regular expression engine: the syntax and results of Go's `regexp`. */
export declare function loadRe2(): Pick<
  typeof import("re2js", { with: { "resolution-mode": "import" }}),
  "RE2JS" | "RE2JSSyntaxException"
>;
