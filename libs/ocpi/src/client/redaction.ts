import { HEADERS } from '../transport/index.js';

const LOGGED_CHARACTERS = 16_384;
const HIDDEN = '[redacted]';

/**
 * A body for the log: credentials tokens and card lines hidden, long ones cut. Cut first: a hostile body costs no more than
 * a short one, and what is cut in the middle of a secret is hidden too.
 */
export function redactedBody(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const hidden = text
    .slice(0, LOGGED_CHARACTERS)
    .replace(/("token"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?$)/g, `$1"${HIDDEN}"`)
    .replace(/("eft_data"\s*:\s*)\[(?:[^\]"]|"(?:[^"\\]|\\.)*(?:"|\\?$))*(?:\]|$)/g, `$1["${HIDDEN}"]`);
  return text.length > LOGGED_CHARACTERS ? `${hidden}…` : hidden;
}

export function redactedHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const secret = name.toLowerCase() === HEADERS.authorization || name.toLowerCase() === 'set-cookie';
    shown[name.toLowerCase()] = secret ? HIDDEN : String(value);
  }
  return shown;
}
