import { type Party, sameParty } from '@voltap/kernel';
import type { Registration } from './ptp-state.js';
import type { ReceivedRequest, RequestLog } from './request-log.js';

/** A party of the routing headers; null when one of its two headers is absent. */
export function routingParty(request: ReceivedRequest, direction: 'from' | 'to'): Party | null {
  const country_code = request.headers[`ocpi-${direction}-country-code`];
  const party_id = request.headers[`ocpi-${direction}-party-id`];
  return country_code === undefined || party_id === undefined ? null : { country_code, party_id };
}

/** Complains about headers that the platform owes us: ids, content type, routing (TRN, IDS, RTE chapters). */
export function checkHeaders(
  request: ReceivedRequest,
  module: string,
  own: Party,
  registration: Registration | null,
  log: RequestLog,
): void {
  const requestId = request.headers['x-request-id'];
  if (requestId === undefined) log.complain(request, 'IDS-03', 'X-Request-ID is missing');
  else if (log.repeatsRequestId(requestId))
    log.complain(request, 'IDS-03', `X-Request-ID ${requestId} was used before`);
  if (request.headers['x-correlation-id'] === undefined) log.complain(request, 'IDS-04', 'X-Correlation-ID is missing');
  if (request.raw !== '' && !request.headers['content-type']?.startsWith('application/json'))
    log.complain(request, 'TRN-09', `Content-Type is ${request.headers['content-type'] ?? 'missing'}`);

  const from = routingParty(request, 'from');
  const to = routingParty(request, 'to');
  if (module === 'credentials') {
    if (from || to) log.complain(request, 'RTE-04', 'routing headers on credentials');
    return;
  }
  if (!from || !to) {
    log.complain(request, 'RTE-01', 'routing headers are missing');
    return;
  }
  if (!sameParty(to, own))
    log.complain(request, 'RTE-02', `sent to ${to.country_code}*${to.party_id}, which we are not`);
  if (registration && !registration.parties.some((party) => sameParty(party, from)))
    log.complain(
      request,
      'RTE-02',
      `sent from ${from.country_code}*${from.party_id}, which is no role of the platform`,
    );
}
