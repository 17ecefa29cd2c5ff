import type { JsonObject } from '../wire/json.js';
import type { ChargeState } from './metered-charge.js';

/** All of the back-end that outlives the process. */
export interface BackEndState {
  charges: ChargeState[];
  /** By commandId, in the order of arrival: what was answered, so that a command handed out again is answered the same. */
  answers: Record<string, { result: string; message: JsonObject[] }>;
  /** Commands that a misbehaviour keeps silent about. */
  ignored: string[];
  /** By EVSE uid in upper case: the statuses that we set. */
  statuses: Record<string, string>;
  /** By their number: the EVSEs that are reserved, and until when (ISO). Absent in files from before there were any. */
  reservations?: Record<string, { evseUid: string; expiry: string }>;
  /** By EVSE uid in upper case: statuses that the platform has not accepted yet. */
  unreportedStatuses: Record<string, string>;
}

export function emptyBackEndState(): BackEndState {
  return { charges: [], answers: {}, ignored: [], statuses: {}, unreportedStatuses: {} };
}

const KEPT_ANSWERS = 1_000;
const KEPT_CHARGES = 200;

/** Forgets the oldest answers and finished charges beyond what a repeated command could ask for. */
export function prune(state: BackEndState): void {
  const ids = Object.keys(state.answers);
  for (const id of ids.slice(0, Math.max(0, ids.length - KEPT_ANSWERS))) delete state.answers[id];
  const finished = state.charges.filter(
    ({ status, reported }) => reported && (status === 'COMPLETED' || status === 'INVALID'),
  );
  const dropped = new Set(finished.slice(0, Math.max(0, finished.length - KEPT_CHARGES)));
  if (dropped.size > 0) state.charges = state.charges.filter((charge) => !dropped.has(charge));
}
