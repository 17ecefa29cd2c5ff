import type { JsonObject } from '../wire/json.js';

/** What the back-end says to a command, and to the driver. */
export interface Verdict {
  readonly result: string;
  readonly message: JsonObject[];
}

export const ACCEPTED: Verdict = { result: 'ACCEPTED', message: [] };

/** A refusal with its reason in the languages of the terminal. */
export function refusal(result: string, en: string, de: string): Verdict {
  return {
    result,
    message: [
      { language: 'en', text: en },
      { language: 'de', text: de },
    ],
  };
}

export const OCCUPIED = refusal('EVSE_OCCUPIED', 'This charge point is in use', 'Diese Ladestation ist belegt');
