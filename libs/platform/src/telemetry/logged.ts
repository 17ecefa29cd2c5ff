/** What must not be read in a log is taken out here, by name where it has one, by its looks where it has none. */

const HIDDEN = '[redacted]';
const DEEPEST = 6;

/** Fields that open something, or say who paid with what card; written with or without `_`. */
const HIDDEN_FIELDS =
  /^(authorization|cookie|api_?key|password|secret|(inbound|own|partner)?_?tokens?(_?[abc])?|response_?url|eft_?data|contract_?id|visual_?number|parameters|detail)$/i;

/** Tokens in headers; what stands in a query or before the @ of an address; keys that we give away. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\b(Token|Bearer|Basic)\s+[\w~+/.=-]{6,}/gi, `$1 ${HIDDEN}`],
  [/\b([a-z][a-z+]*:\/\/)[^\s/@"'\\]+@/gi, `$1${HIDDEN}@`],
  [/(https?:\/\/[^\s?"'\\]+)\?[^\s"'\\]+/gi, `$1?${HIDDEN}`],
];
/** Digits as on a card, perhaps in groups; not a part of a longer word, as an id is. */
const CARD_NUMBER = /(?<![\w.:-])\d(?:[ -]?\d){12,18}(?![\w.-])/g;

/** An object of a line of the log. Errors are left to `loggedError`. */
export function loggedFields(fields: object): Record<string, unknown> {
  return hidden(fields, 0) as Record<string, unknown>;
}

function hidden(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return depth < DEEPEST ? value.map((each) => hidden(each, depth + 1)) : HIDDEN;
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  if (depth >= DEEPEST) return HIDDEN;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      HIDDEN_FIELDS.test(name) && each !== null && each !== undefined ? HIDDEN : hidden(each, depth + 1),
    ]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

interface LoggedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/**
 * An error as it is logged: its class, code, message, stack and causes. Nothing else that libraries hang on it: those of statements
 * have the values of the row.
 */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error).slice(0, 500) };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth >= DEEPEST ? {} : { cause: loggedError(error.cause, depth + 1) }),
  };
}

/** A whole line, before it is written. */
export function loggedLine(line: string): string {
  let text = line;
  for (const [pattern, shown] of SECRET_TEXTS) text = text.replace(pattern, shown);
  return text.replace(CARD_NUMBER, (digits) => (isCardNumber(digits.replace(/[ -]/g, '')) ? HIDDEN : digits));
}

/** By the check digit of ISO/IEC 7812 (Luhn). */
function isCardNumber(digits: string): boolean {
  let sum = 0;
  for (const [index, character] of [...digits].reverse().entries()) {
    const digit = Number(character);
    const twice = digit * 2;
    sum += index % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}
