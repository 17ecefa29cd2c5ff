import { VoltapError } from '@voltap/kernel';
import type { OcpiVersion } from '@voltap/ocpi/model';
import type { Cause, ExchangeCall, NewPartnerEvent, PartnerAction } from '../domain/partner-event.js';

interface Tried {
  readonly action: PartnerAction;
  readonly cause: Cause;
  readonly version?: OcpiVersion | null;
  readonly calls?: readonly ExchangeCall[];
}

/** A line of the history for what was done. */
export function done(tried: Tried, message: string): NewPartnerEvent {
  return line(tried, { outcome: 'done', code: null, message });
}

export function started(tried: Tried, message: string): NewPartnerEvent {
  return line(tried, { outcome: 'started', code: null, message });
}

/** For what came to nothing. Of our own errors the text holds no secret; of others it is not shown. */
export function failed(tried: Tried, error: unknown, outcome: 'refused' | 'failed'): NewPartnerEvent {
  if (!(error instanceof VoltapError))
    return line(tried, { outcome: 'failed', code: 'internal', message: 'see the log' });
  const fields = error.violations.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
  const message = fields === '' ? error.message : `${error.message}: ${fields}`;
  return line(tried, { outcome, code: error.code, message });
}

function line(
  { action, cause, version = null, calls = [] }: Tried,
  outcome: Pick<NewPartnerEvent, 'outcome' | 'code' | 'message'>,
): NewPartnerEvent {
  return { action, cause, version, calls, ...outcome };
}
