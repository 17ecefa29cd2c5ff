import type { Session } from '@voltap/ocpi/model';
import type { SessionReservation } from '@voltap/ocpi/pricing';
import type { Reserved, SessionRecord, StartCommand } from './session-record.js';

/** A charge point ends a reservation that runs out a moment before or after it does. */
const TOLERANCE_MS = 5_000;

/**
 * The reservation that a session begins with, and whether a charge came of it. It counts from its command, else from the
 * first report of it (PRC-29).
 */
export function reservedAfter(
  before: Reserved | undefined,
  { status, start_date_time, kwh }: Pick<Session, 'status' | 'start_date_time' | 'kwh'>,
  start: StartCommand | null,
): Reserved | undefined {
  if (before !== undefined) return { ...before, used: before.used || status === 'ACTIVE' || kwh > 0 };
  if (status !== 'RESERVATION') return undefined;
  const from = start?.type === 'RESERVE_NOW' ? start.acceptedAt : start_date_time;
  return { from, expiry: start?.expiry ?? null, used: false };
}

/** The reservation as it is priced: until the charge began, else until it was given up or ran out. */
export function reservationOf(
  { session, reserved }: Pick<SessionRecord, 'session' | 'reserved'>,
  until: string,
): SessionReservation | null {
  if (reserved === undefined) return null;
  const { from, expiry, used } = reserved;
  const ranOut = expiry !== null && Date.parse(until) >= Date.parse(expiry) - TOLERANCE_MS;
  return {
    from,
    until: used ? session.start_date_time : until,
    expired: !used && session.status === 'COMPLETED' && ranOut,
    used,
  };
}
