import type { BackEndCdrView } from '@voltap/contracts/back-office';
import { partyOf } from '@voltap/kernel';
import type { StoredBackEndCdr } from '../store/back-end-cdr-repository.js';

/** A back-end's CDR as the operator sees it. */
export function backEndCdrView(stored: StoredBackEndCdr): BackEndCdrView {
  const { scope, sessionId, state, comparison, problem, cdrId, receivedAt, stated } = stored;
  const { country_code, party_id } = partyOf(scope);
  return {
    country_code,
    party_id,
    sessionId,
    state,
    cause: comparison?.cause ?? null,
    message: comparison?.message ?? null,
    differences: [...(comparison?.differences ?? [])],
    repriced: comparison?.repriced ?? null,
    problem,
    cdrId,
    receivedAt: receivedAt.toISOString(),
    cdr: stated,
  };
}
