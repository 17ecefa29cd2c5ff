import { nestsTooDeep } from '../transport/index.js';

const LOGGED_CHARACTERS = 16_384;
/** Longer bodies are not read as JSON for the log. */
const READ_CHARACTERS = 1024 * 1024;
const HIDDEN = '[redacted]';
/** What is shorter is found everywhere, and opens nothing that lasts. */
const SHORTEST_SECRET = 8;

/** Fields that open something (tokens, response URLs), or say who paid with what card. */
const HIDDEN_FIELDS: ReadonlySet<string> = new Set([
  'token',
  'response_url',
  'eft_data',
  'contract_id',
  'visual_number',
  'group_id',
]);
/** Query parameters of lists; the value of any other may open something. */
const SHOWN_PARAMETERS: ReadonlySet<string> = new Set(['date_from', 'date_to', 'offset', 'limit', 'type']);
const SECRET_HEADER = /authorization|cookie|token|secret|api-?key/i;

/**
 * A body for the log: credentials tokens, response URLs, card lines and what names a driver's token are hidden, whatever
 * of `secrets` is in it as well, long ones are cut. What is not JSON is cut first, so that a hostile body costs no more
 * than a short one, and what is cut in the middle of a secret is hidden too.
 */
export function redactedBody(text: string | undefined, secrets: readonly string[] = []): string | undefined {
  if (text === undefined || text === '') return undefined;
  const json = redactedJson(text);
  const hidden = withoutSecrets(json ?? redactedText(text.slice(0, LOGGED_CHARACTERS)), secrets);
  const whole = hidden.length <= LOGGED_CHARACTERS && (json !== undefined || text.length <= LOGGED_CHARACTERS);
  return whole ? hidden : `${hidden.slice(0, LOGGED_CHARACTERS)}…`;
}

export function redactedHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  secrets: readonly string[] = [],
): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    shown[name.toLowerCase()] = SECRET_HEADER.test(name) ? HIDDEN : withoutSecrets(String(value), secrets);
  }
  return shown;
}

/** An address for the log: what its query says is hidden, but for the parameters of lists. */
export function redactedUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) return HIDDEN;
  for (const name of new Set(url.searchParams.keys()))
    if (!SHOWN_PARAMETERS.has(name)) url.searchParams.set(name, HIDDEN);
  return url.href.replaceAll(encodeURIComponent(HIDDEN), HIDDEN);
}

/** Undefined when the text is no JSON, or nothing to be read for a log. */
function redactedJson(text: string): string | undefined {
  if (text.length > READ_CHARACTERS || nestsTooDeep(text)) return undefined;
  try {
    return JSON.stringify(redacted(JSON.parse(text) as unknown, false));
  } catch {
    return undefined;
  }
}

/** `ofToken`: the value stands for a driver's token, whose uid says who it is; an EVSE's does not. */
function redacted(value: unknown, ofToken: boolean): unknown {
  if (Array.isArray(value)) return value.map((element) => redacted(element, ofToken));
  if (typeof value !== 'object' || value === null) return value;
  const token = ofToken || 'contract_id' in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const secret = HIDDEN_FIELDS.has(name) || (token && name === 'uid');
      if (secret && Array.isArray(inner)) return [name, [HIDDEN]];
      if (secret && (typeof inner !== 'object' || inner === null)) return [name, inner === null ? null : HIDDEN];
      return [name, redacted(inner, name === 'token' || name === 'cdr_token')];
    }),
  );
}

function redactedText(text: string): string {
  return text
    .replace(
      /("(?:token|response_url|contract_id|visual_number|group_id|uid)"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?$)/g,
      `$1"${HIDDEN}"`,
    )
    .replace(/("eft_data"\s*:\s*)\[(?:[^\]"]|"(?:[^"\\]|\\.)*(?:"|\\?$))*(?:\]|$)/g, `$1["${HIDDEN}"]`);
}

/** Peers repeat in messages what they were sent. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (shown, secret) => (secret.length < SHORTEST_SECRET ? shown : shown.replaceAll(secret, HIDDEN)),
    text,
  );
}
