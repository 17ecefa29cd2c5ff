export interface MergeRules {
  /** Lists that are appended to; all others are replaced (UPD-05). */
  readonly append?: readonly string[];
}

/** Rules of a Session: `charging_periods` in a PATCH are additional (SES-05). */
export const SESSION_MERGE: MergeRules = { append: ['charging_periods'] };

/**
 * The stored object with a PATCH applied: given fields change, lists replace, null clears (UPD-03, UPD-05). Objects are
 * replaced as a whole: a PATCH names fields of the object at its URL and nothing below.
 */
export function mergePatch<Stored extends object>(stored: Stored, patch: object, rules: MergeRules = {}): Stored {
  const merged = { ...stored } as Record<string, unknown>;
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    const held = merged[name];
    if (value === null) delete merged[name];
    else if (rules.append?.includes(name) && Array.isArray(held) && Array.isArray(value)) {
      merged[name] = [...held, ...value];
    } else merged[name] = value;
  }
  return merged as Stored;
}
