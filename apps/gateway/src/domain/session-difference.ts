import { sameJson } from '@voltap/kernel';
import type { Session, SessionPatch } from '@voltap/ocpi/model';

/**
 * What to PATCH a partner that acknowledged `before`, so that it holds `after`: changed fields, and the charging periods
 * that were added, which the partner appends (SES-04, SES-05).
 * @returns null when a PATCH cannot say it (periods changed otherwise, a field went away): then the whole is PUT (SES-06).
 */
export function sessionDifference(before: Session, after: Session): SessionPatch | null {
  const patch: Record<string, unknown> = { last_updated: after.last_updated };
  for (const field of Object.keys(before)) {
    if (field !== 'charging_periods' && !(field in after)) return null;
  }
  for (const [field, value] of Object.entries(after)) {
    if (field === 'charging_periods' || field === 'last_updated') continue;
    if (!sameJson(value, (before as Record<string, unknown>)[field])) patch[field] = value;
  }
  const known = before.charging_periods ?? [];
  const periods = after.charging_periods ?? [];
  if (!sameJson(periods.slice(0, known.length), known)) return null;
  if (periods.length > known.length) patch.charging_periods = periods.slice(known.length);
  return patch as SessionPatch;
}
