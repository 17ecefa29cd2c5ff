import { methodNotAllowed, notFound, type OcpiReply, refused, success } from '../wire/envelope.js';
import { canonical, type JsonObject, numberOf, objectOf, objectsOf, sameId, textOf } from '../wire/json.js';
import { checkShape, missingFields } from '../wire/shape-checks.js';
import { ownedKey, type PtpStore } from './ptp-store.js';
import type { Received } from './received.js';

/** Receiver of Sessions: GET, PUT, PATCH; a PATCH appends its charging_periods (SES-05). */
export class SessionsReceiver {
  constructor(
    private readonly store: PtpStore,
    private readonly onSession: (key: string, session: JsonObject, method: string) => void,
  ) {}

  handle(request: Received): OcpiReply {
    const [countryCode, partyId, id, ...rest] = request.segments;
    if (!countryCode || !partyId || !id || rest.length > 0) return notFound('this address');
    const key = ownedKey(countryCode, partyId, id);
    const current = this.store.state.sessions[key];
    if (request.method === 'GET') return current ? success(current) : notFound('this session');
    if (request.method !== 'PUT' && request.method !== 'PATCH') return methodNotAllowed();
    const body = request.body;
    if (!body) return refused(2001, 'a JSON object is expected');
    for (const { rule, message } of checkShape('session', body, request.version)) request.complain(rule, message);
    const merged = request.method === 'PATCH' ? this.patch(request, body, current) : this.replace(request, body);
    if ('httpStatus' in merged) return merged;
    this.checkProgress(request, merged.session, current);
    this.store.commit((state) => {
      state.sessions[key] = merged.session;
    });
    this.onSession(key, merged.session, request.method);
    return success(undefined, current ? 200 : 201);
  }

  private replace(request: Received, body: JsonObject): OcpiReply | { session: JsonObject } {
    const missing = missingFields('session', body);
    if (missing.length > 0) {
      request.complain('UPD-02', `PUT session without ${missing.join(', ')}`);
      return refused(2001, `missing: ${missing.join(', ')}`);
    }
    const [countryCode, partyId, id] = request.segments;
    if (
      !sameId(textOf(body, 'id'), id) ||
      !sameId(textOf(body, 'party_id'), partyId) ||
      !sameId(textOf(body, 'country_code'), countryCode)
    ) {
      request.complain('COO-04', 'the ids of the session differ from the URL');
      return refused(2001, 'the ids of the session differ from the URL');
    }
    return { session: body };
  }

  private patch(
    request: Received,
    body: JsonObject,
    current: JsonObject | undefined,
  ): OcpiReply | { session: JsonObject } {
    if (textOf(body, 'last_updated') === undefined) {
      request.complain('UPD-04', 'a PATCH without last_updated');
      return refused(2001, 'last_updated is missing');
    }
    if (!current) return refused(2001, 'this session is unknown', 404);
    const periods = [...objectsOf(current, 'charging_periods'), ...objectsOf(body, 'charging_periods')];
    return { session: { ...current, ...body, ...(periods.length > 0 ? { charging_periods: periods } : {}) } };
  }

  private checkProgress(request: Received, next: JsonObject, before: JsonObject | undefined): void {
    if (before) {
      if (textOf(before, 'status') === 'COMPLETED' && canonical(before) !== canonical(next))
        request.complain('SES-08', 'a COMPLETED session was changed');
      if ((numberOf(next, 'kwh') ?? 0) < (numberOf(before, 'kwh') ?? 0))
        request.complain('SES-15', `kwh fell from ${numberOf(before, 'kwh')} to ${numberOf(next, 'kwh')}`);
      if ((textOf(next, 'last_updated') ?? '') < (textOf(before, 'last_updated') ?? ''))
        request.complain('SES-27', 'last_updated went back');
    }
    if (textOf(next, 'status') === 'COMPLETED' && textOf(next, 'end_date_time') === undefined)
      request.complain('SES-14', 'a COMPLETED session without end_date_time');
    const starts = objectsOf(next, 'charging_periods').map((period) => textOf(period, 'start_date_time') ?? '');
    if (starts.some((start, index) => index > 0 && start <= (starts[index - 1] ?? '')))
      request.complain('SES-05', 'charging_periods are not in ascending order or repeat');
    const charge = this.store.state.charges[textOf(next, 'authorization_reference') ?? ''];
    if (!charge) {
      request.complain('SES-18', 'a session that was not started by a terminal of ours');
      return;
    }
    if (textOf(next, 'auth_method') !== 'COMMAND') request.complain('SES-12', 'auth_method is not COMMAND');
    if (!sameId(textOf(objectOf(next, 'cdr_token'), 'uid'), textOf(charge.token, 'uid')))
      request.complain('SES-11', 'cdr_token is not the token of START_SESSION');
    if (!sameId(textOf(next, 'location_id'), charge.locationId) || !sameId(textOf(next, 'evse_uid'), charge.evseUid))
      request.complain('SES-13', 'the session is at another EVSE than the one asked for');
  }
}
