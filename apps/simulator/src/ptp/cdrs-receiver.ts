import { methodNotAllowed, notFound, type OcpiReply, refused, success } from '../wire/envelope.js';
import { canonical, type JsonObject, objectOf, sameId, textOf } from '../wire/json.js';
import { below } from '../wire/ocpi-client.js';
import { checkShape, missingFields } from '../wire/shape-checks.js';
import { ownedKey, type PtpStore } from './ptp-store.js';
import type { Received } from './received.js';

/**
 * Receiver of CDRs: POST answers with the Location of the stored CDR. The same id with the same content again is
 * success; with other content it is refused, because a CDR never changes (CDR-05).
 */
export class CdrsReceiver {
  constructor(
    private readonly store: PtpStore,
    private readonly cdrsUrl: (request: Received) => string,
    private readonly onCdr: (key: string, cdr: JsonObject) => void,
  ) {}

  handle(request: Received): OcpiReply {
    if (request.method === 'GET') {
      const [countryCode, partyId, id] = request.segments;
      const cdr = this.store.state.cdrs[ownedKey(countryCode ?? '', partyId ?? '', id ?? '')];
      return cdr ? success(cdr) : notFound('this CDR');
    }
    if (request.method !== 'POST' || request.segments.length > 0) return methodNotAllowed();
    const body = request.body;
    if (!body) return refused(2001, 'a JSON object is expected');
    for (const { rule, message } of checkShape('cdr', body, request.version)) request.complain(rule, message);
    const missing = missingFields('cdr', body);
    if (missing.length > 0) {
      request.complain('CDR-02', `CDR without ${missing.join(', ')}`);
      return refused(2001, `missing: ${missing.join(', ')}`);
    }
    const [countryCode, partyId, id] = ['country_code', 'party_id', 'id'].map((field) => String(body[field])) as [
      string,
      string,
      string,
    ];
    const key = ownedKey(countryCode, partyId, id);
    const location = below(this.cdrsUrl(request), countryCode, partyId, id);
    const stored = this.store.state.cdrs[key];
    if (stored) {
      if (canonical(stored) === canonical(body)) return success(undefined, 200, { location });
      request.complain('CDR-05', `CDR ${id} was sent again with other content`);
      return refused(2001, `CDR ${id} is stored with other content`, 409);
    }
    this.check(request, body);
    this.store.commit((state) => {
      state.cdrs[key] = body;
    });
    this.onCdr(key, body);
    return success(undefined, 201, { location });
  }

  private check(request: Received, cdr: JsonObject): void {
    const charge = this.store.state.charges[textOf(cdr, 'authorization_reference') ?? ''];
    if (!charge) {
      request.complain('CDR-12', 'a CDR whose authorization_reference is not ours');
      return;
    }
    if (charge.cdrKey !== null && cdr.credit !== true) request.complain('CDR-01', 'a second CDR for the same charge');
    if (charge.sessionKey === null) request.complain('CDR-11', 'the CDR came before its session');
    if (textOf(cdr, 'auth_method') !== 'COMMAND') request.complain('CDR-14', 'auth_method is not COMMAND');
    if (!sameId(textOf(objectOf(cdr, 'cdr_token'), 'uid'), textOf(charge.token, 'uid')))
      request.complain('CDR-13', 'cdr_token is not the token of START_SESSION');
    if (textOf(objectOf(cdr, 'cdr_location'), 'evse_id') === undefined)
      request.complain('CDR-22', 'cdr_location.evse_id is missing');
  }
}
