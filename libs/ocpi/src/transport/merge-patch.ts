import type { PATCHES } from '../model/index.js';

export interface MergeRules {
  /** Lists that are appended to; all others are replaced (UPD-05). */
  readonly append?: readonly string[];
}

/** Rules of a Session: `charging_periods` in a PATCH are additional (SES-05). */
export const SESSION_MERGE: MergeRules = { append: ['charging_periods'] };

/** What happens to the lists of an object under PATCH; the README of this library names every list. */
export const MERGE_RULES: Readonly<Record<keyof typeof PATCHES, MergeRules>> = {
  Connector: {},
  EVSE: {},
  Location: {},
  Session: SESSION_MERGE,
  Terminal: {},
  Token: {},
};

/**
 * The stored object with a PATCH applied: given fields change, lists replace, null clears (UPD-03, UPD-05). Objects are
 * replaced as a whole: a PATCH names fields of the object at its URL and nothing below.
 */
export function mergePatch<Stored extends object>(stored: Stored, patch: object, rules: MergeRules = {}): Stored {
  const merged = { ...stored } as Record<string, unknown>;
  for (const [name, value] of Object.entries(patch)) {
    // A name that would change the object's kind instead of a field.
    if (value === undefined || name === '__proto__') continue;
    const held = merged[name];
    if (value === null) delete merged[name];
    else if (rules.append?.includes(name) && Array.isArray(held) && Array.isArray(value)) {
      merged[name] = [...held, ...value];
    } else merged[name] = value;
  }
  return merged as Stored;
}
