import { type Diagnostic, errorDiagnostic } from "../diagnostics/diagnostic.ts";
import type { Token, TokenType } from "./token.ts";

interface Complaint {
  readonly summary: string;
  readonly detail: string;
  /** Says no more about tokens of this kind after so many. */
  readonly atMost?: number;
  /** Of a pair only the first is reported: these characters enclose something. */
  readonly inPairs?: boolean;
}

// So that a file of nothing but rubbish does not need memory without measure.
const MAX_DIAGNOSTICS = 10_000;

const bitwise = (hint = ""): Complaint => ({
  summary: "Unsupported operator",
  detail: `Bitwise operators are not supported.${hint}`,
  atMost: 4,
});

const invalidCharacter = (detail: string, extra: Partial<Complaint> = {}): Complaint => ({
  summary: "Invalid character",
  detail,
  ...extra,
});

const COMPLAINTS: ReadonlyMap<TokenType, Complaint> = new Map([
  ["BitwiseAnd", bitwise(' Did you mean boolean AND ("&&")?')],
  ["BitwiseOr", bitwise(' Did you mean boolean OR ("||")?')],
  ["BitwiseNot", bitwise(' Did you mean boolean NOT ("!")?')],
  ["BitwiseXor", bitwise()],
  [
    "Backtick",
    invalidCharacter(
      'The "`" character is not valid. To create a multi-line string, use the "heredoc" syntax, like "<<EOT".',
      { inPairs: true },
    ),
  ],
  [
    "Apostrophe",
    invalidCharacter('Single quotes are not valid. Use double quotes (") to enclose strings.', { inPairs: true }),
  ],
  [
    "Semicolon",
    invalidCharacter(
      'The ";" character is not valid. Use newlines to separate arguments and blocks, and commas to separate items in collection values.',
      { atMost: 1 },
    ),
  ],
  [
    "BadUTF8",
    {
      summary: "Invalid character encoding",
      detail: "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.",
      atMost: 1,
    },
  ],
  [
    "QuotedNewline",
    {
      summary: "Invalid multi-line string",
      detail:
        'Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n escape to represent a newline character or use the "heredoc" multi-line template syntax.',
    },
  ],
  ["Invalid", invalidCharacter("This character is not used within the language.")],
]);

const CURLY_QUOTES = invalidCharacter(
  '"Curly quotes" are not valid here. These can sometimes be inadvertently introduced when sharing code via documents or discussion forums. It might help to replace the character with a "straight quote".',
);

/** What is wrong with tokens that no syntax allows: hclsyntax's `checkInvalidTokens`. */
export function diagnoseInvalidTokens(tokens: readonly Token[]): Diagnostic[] {
  const seen = new Map<string, number>();
  const diagnostics: Diagnostic[] = [];
  for (const token of tokens) {
    const complaint = COMPLAINTS.get(token.type);
    if (complaint === undefined || diagnostics.length >= MAX_DIAGNOSTICS) continue;
    // All the bitwise operators count together.
    const kind = complaint.atMost === 4 ? "bitwise" : token.type;
    const count = seen.get(kind) ?? 0;
    seen.set(kind, count + 1);
    if (isSilent(complaint, count)) continue;
    const { summary, detail } = isCurlyQuote(token) ? CURLY_QUOTES : complaint;
    diagnostics.push(errorDiagnostic(summary, detail, { subject: token.range }));
  }
  return diagnostics;
}

// After the third of a pair kind HCL stops counting, and stays silent.
function isSilent({ atMost, inPairs }: Complaint, count: number): boolean {
  if (inPairs === true) return Math.min(count, 3) % 2 === 1;
  return atMost !== undefined && count >= atMost;
}

function isCurlyQuote(token: Token): boolean {
  return token.type === "Invalid" && (token.text === "“" || token.text === "”");
}
