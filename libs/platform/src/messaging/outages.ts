import { VoltapError } from '@voltap/kernel';

/** SQLSTATE classes and codes that say something of the database, nothing of what it was asked. */
const DATABASE_STATES = [
  /^08/, // connection
  /^53/, // disk full, out of memory, too many connections
  /^57P/, // shutting down, starting up, database dropped
  /^58/, // input and output of the server
  /^25006$/, // read-only
  /^40(001|P01)$/, // lost against another transaction
  /^55P03$/, // a lock was not to be had in time
];
const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENFILE',
  'ENOSPC',
  'ENOTFOUND',
  'EPIPE',
  'EROFS',
  'ETIMEDOUT',
]);
/** The driver of the database has no codes for these. */
const DRIVER_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout|Driver not Connected|Cannot use a pool after calling end|sorry, too many clients)/i;

/**
 * Whether a failure says that a part of ours is away, read-only, full or busy, so that every event would fail now: it is
 * waited for, however long, and never held against the event at hand. Causes are looked through.
 */
export function isOutage(error: unknown): boolean {
  for (let depth = 0, at = error; at instanceof Error && depth < 8; depth += 1, at = innerOf(at)) {
    // Ours says what it means; what a partner's server did lies behind it.
    if (at instanceof VoltapError) return at.code === 'unavailable';
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && (NETWORK_CODES.has(code) || DATABASE_STATES.some((state) => state.test(code)))) {
      return true;
    }
    if (DRIVER_MESSAGES.test(at.message)) return true;
  }
  return false;
}

/** What an error was made of: its cause, or the error of the driver that the mapper wrapped. */
function innerOf(error: Error): unknown {
  const { cause, driverError, errors } = error as { cause?: unknown; driverError?: unknown; errors?: unknown[] };
  return cause ?? driverError ?? errors?.[0];
}
