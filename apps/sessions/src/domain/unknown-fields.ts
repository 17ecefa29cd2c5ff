import type { SessionReport } from './apply-report.js';

/** What we read of a report, or say of a session ourselves. */
const OURS: ReadonlySet<string> = new Set([
  'country_code',
  'party_id',
  'id',
  'status',
  'start_date_time',
  'end_date_time',
  'kwh',
  'location_id',
  'evse_uid',
  'connector_id',
  'meter_id',
  'currency',
  'charging_periods',
  'signed_data',
  'cdr_token',
  'auth_method',
  'authorization_reference',
  'total_cost',
  'last_updated',
]);

/** The fields of a report that nobody here knows: they stay with the session, end to end (FMT-20). */
export function unknownFields(report: SessionReport): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(report).filter(([name]) => !OURS.has(name)));
}
