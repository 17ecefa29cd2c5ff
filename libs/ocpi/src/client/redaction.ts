import { HEADERS } from '../transport/index.js';

const LOGGED_CHARACTERS = 16_384;
const HIDDEN = '[redacted]';

/** A body for the log: credentials tokens and card lines hidden, long ones cut. */
export function redactedBody(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const hidden = text
    .replace(/("token"\s*:\s*)"(?:[^"\\]|\\.)*"/g, `$1"${HIDDEN}"`)
    .replace(/("eft_data"\s*:\s*)\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\]/g, `$1["${HIDDEN}"]`);
  return hidden.length > LOGGED_CHARACTERS ? `${hidden.slice(0, LOGGED_CHARACTERS)}…` : hidden;
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
