/**
 * One flag. `switch` stands alone (or with `=true`, `=false`); `text` takes one value, the last one given wins;
 * `list` may be given several times and keeps every value in order.
 */
export interface Flag {
  /** Without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly kind: "switch" | "text" | "list";
  /** One line for `--help`, without a full stop. */
  readonly summary: string;
  /** What the value is, in `--help`: `string` unless said otherwise. */
  readonly placeholder?: string;
  /** Shown in `--help`; it is up to the command to apply it. */
  readonly default?: string;
  /** Accepted, but left out of `--help`. */
  readonly isHidden?: boolean;
}

/** A command line worth copying, with what it does. */
export interface Example {
  readonly summary: string;
  readonly line: string;
}

/**
 * A command, or a group of them: data from which parsing, help and documentation are made.
 * `Context` is what the executable hands to every command: terminal, settings, signal.
 */
export interface Command<Context> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line for lists of commands, without a full stop. */
  readonly summary: string;
  /** More for the command's own `--help`. */
  readonly description?: string;
  /** What stands behind the options in the usage line, for instance `PATH`. */
  readonly operands?: string;
  /** How many operands there may be; none unless said. */
  readonly operandCount?: { readonly min: number; readonly max: number };
  readonly examples?: readonly Example[];
  readonly flags?: readonly Flag[];
  readonly subcommands?: readonly Command<Context>[];
  readonly isHidden?: boolean;
  /** Does the work and says the exit code. A group has none. Import what is heavy inside. */
  readonly run?: (invocation: Invocation, context: Context) => Promise<number>;
}

/** What was asked on the command line, read by the command's flags. */
export interface Invocation {
  /** Positional arguments, with those behind `--`. */
  readonly operands: readonly string[];
  /** Whether the flag was given at all. */
  has(name: string): boolean;
  /** A switch: the last one given, false when it was not. */
  switch(name: string): boolean;
  /** A text: the last one given, or undefined. */
  text(name: string): string | undefined;
  /** A list: every value in order. */
  list(name: string): readonly string[];
}
