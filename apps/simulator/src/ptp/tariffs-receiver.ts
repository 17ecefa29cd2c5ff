import type { Journal } from '../journal.js';
import { methodNotAllowed, notFound, type OcpiReply, refused, success } from '../wire/envelope.js';
import { sameId, textOf } from '../wire/json.js';
import { checkShape, missingFields } from '../wire/shape-checks.js';
import { ownedKey, type PtpStore } from './ptp-store.js';
import type { Received } from './received.js';

/** Receiver of Tariffs: GET, PUT, DELETE; PATCH does not exist (TAR-07). */
export class TariffsReceiver {
  constructor(
    private readonly store: PtpStore,
    private readonly journal: Journal,
  ) {}

  handle(request: Received): OcpiReply {
    const [countryCode, partyId, id, ...rest] = request.segments;
    if (!countryCode || !partyId || !id || rest.length > 0) return notFound('this address');
    const key = ownedKey(countryCode, partyId, id);
    const current = this.store.tariffs.get(key);
    switch (request.method) {
      case 'GET':
        return current ? success(current) : notFound('this tariff');
      case 'PUT': {
        const body = request.body;
        if (!body) return refused(2001, 'a JSON object is expected');
        for (const { rule, message } of checkShape('tariff', body, request.version)) request.complain(rule, message);
        const missing = missingFields('tariff', body);
        if (missing.length > 0) return refused(2001, `missing: ${missing.join(', ')}`);
        if (
          !sameId(textOf(body, 'id'), id) ||
          !sameId(textOf(body, 'party_id'), partyId) ||
          !sameId(textOf(body, 'country_code'), countryCode)
        ) {
          request.complain('COO-04', 'the ids of the tariff differ from the URL');
          return refused(2001, 'the ids of the tariff differ from the URL');
        }
        this.store.tariffs.set(key, body);
        this.store.changed.notify();
        this.journal.tell({ from: 'Voltap', to: 'Payter', message: 'PUT tariff', detail: id });
        return success(undefined, current ? 200 : 201);
      }
      case 'DELETE':
        if (!current) return notFound('this tariff');
        this.store.tariffs.delete(key);
        this.store.changed.notify();
        this.journal.tell({ from: 'Voltap', to: 'Payter', message: 'DELETE tariff', detail: id });
        return success();
      default:
        return methodNotAllowed();
    }
  }
}
