import type { Journal } from '../journal.js';
import { methodNotAllowed, notFound, type OcpiReply, refused, success } from '../wire/envelope.js';
import { type JsonObject, objectsOf, sameId, textOf, textsOf } from '../wire/json.js';
import { checkShape, missingFields, type ObjectKind } from '../wire/shape-checks.js';
import { ownedKey, type PtpStore } from './ptp-store.js';
import type { Received } from './received.js';

const KINDS: readonly ObjectKind[] = ['location', 'evse', 'connector'];

/** Receiver of Locations: GET, PUT, PATCH of a Location, an EVSE or a Connector (LOC chapter). */
export class LocationsReceiver {
  constructor(
    private readonly store: PtpStore,
    private readonly journal: Journal,
  ) {}

  handle(request: Received): OcpiReply {
    const [countryCode, partyId, locationId, evseUid, connectorId] = request.segments;
    if (!countryCode || !partyId || !locationId || request.segments.length > 5) return notFound('this address');
    const key = ownedKey(countryCode, partyId, locationId);
    const kind = KINDS[request.segments.length - 3] ?? 'location';
    const path = [evseUid, connectorId].filter((segment) => segment !== undefined);
    const parent = this.parent(key, path);
    const current = this.current(key, path);
    if (request.method === 'GET') return current ? success(current) : notFound(`this ${kind}`);
    if (request.method !== 'PUT' && request.method !== 'PATCH') return methodNotAllowed();
    const body = request.body;
    if (!body) return refused(2001, 'a JSON object is expected');
    for (const { rule, message } of checkShape(kind, body, request.version)) request.complain(rule, message);
    const wrong = this.identityProblem(kind, body, request);
    if (wrong) {
      request.complain('COO-04', wrong);
      return refused(2001, wrong);
    }
    if (request.method === 'PATCH') {
      if (textOf(body, 'last_updated') === undefined) {
        request.complain('UPD-04', 'a PATCH without last_updated');
        return refused(2001, 'last_updated is missing');
      }
      if (!current) return refused(2001, `this ${kind} is unknown`, 404);
      const patched = { ...current, ...body };
      this.put(key, path, patched);
      this.raise(key, path, body);
      this.tell(kind, 'PATCH', patched, body);
      return success();
    }
    const missing = missingFields(kind, body);
    if (missing.length > 0) {
      request.complain('LOC-26', `PUT ${kind} without ${missing.join(', ')}`);
      return refused(2001, `missing: ${missing.join(', ')}`);
    }
    if (kind !== 'location' && !parent) return refused(2001, `the parent of this ${kind} is unknown`, 404);
    this.checkTariffs(kind, body, request);
    this.put(key, path, body);
    this.raise(key, path, body);
    this.tell(kind, 'PUT', body, body);
    return success(undefined, current ? 200 : 201);
  }

  private parent(key: string, path: readonly string[]): JsonObject | undefined {
    return path.length === 0 ? undefined : this.current(key, path.slice(0, -1));
  }

  private current(key: string, path: readonly string[]): JsonObject | undefined {
    let object = this.store.locations.get(key);
    if (path[0] !== undefined) object = objectsOf(object, 'evses').find((evse) => sameId(textOf(evse, 'uid'), path[0]));
    if (path[1] !== undefined)
      object = objectsOf(object, 'connectors').find((connector) => sameId(textOf(connector, 'id'), path[1]));
    return object;
  }

  private put(key: string, path: readonly string[], value: JsonObject): void {
    if (path.length === 0) {
      this.store.locations.set(key, value);
    } else {
      const parentPath = path.slice(0, -1);
      const parent = this.current(key, parentPath);
      if (!parent) return;
      const [list, id] = path.length === 1 ? (['evses', 'uid'] as const) : (['connectors', 'id'] as const);
      const others = objectsOf(parent, list).filter((entry) => !sameId(textOf(entry, id), textOf(value, id)));
      this.put(key, parentPath, { ...parent, [list]: [...others, value] });
    }
    this.store.changed.notify();
  }

  /** A changed part raises last_updated of what contains it (LOC-04). */
  private raise(key: string, path: readonly string[], body: JsonObject): void {
    const lastUpdated = textOf(body, 'last_updated');
    for (let depth = path.length - 1; depth >= 0; depth -= 1) {
      const parent = this.current(key, path.slice(0, depth));
      if (parent && lastUpdated !== undefined)
        this.put(key, path.slice(0, depth), { ...parent, last_updated: lastUpdated });
    }
  }

  private identityProblem(kind: ObjectKind, body: JsonObject, request: Received): string | null {
    const [countryCode, partyId, locationId, evseUid, connectorId] = request.segments;
    const expected: [string, string | undefined][] =
      kind === 'location'
        ? [
            ['country_code', countryCode],
            ['party_id', partyId],
            ['id', locationId],
          ]
        : kind === 'evse'
          ? [['uid', evseUid]]
          : [['id', connectorId]];
    const wrong = expected.find(([field, id]) => body[field] !== undefined && !sameId(textOf(body, field), id));
    return wrong ? `${wrong[0]} differs from the URL` : null;
  }

  /** A connector must not name a tariff before the tariff itself was sent; before we read the list nothing can be said. */
  private checkTariffs(kind: ObjectKind, body: JsonObject, request: Received): void {
    if (this.store.tariffs.size === 0) return;
    const evses = kind === 'location' ? objectsOf(body, 'evses') : kind === 'evse' ? [body] : [];
    const connectors = kind === 'connector' ? [body] : evses.flatMap((evse) => objectsOf(evse, 'connectors'));
    const unknown = new Set(
      connectors.flatMap((connector) => textsOf(connector, 'tariff_ids')).filter((id) => !this.store.tariff(id)),
    );
    for (const id of unknown) request.complain('LOC-09', `a connector names tariff ${id}, which was never sent`);
  }

  private tell(kind: ObjectKind, method: string, object: JsonObject, body: JsonObject): void {
    const status = textOf(body, 'status');
    this.journal.tell({
      from: 'Voltap',
      to: 'Payter',
      message: `${method} ${kind}${status === undefined ? '' : ` ${status}`}`,
      detail: textOf(object, 'uid') ?? textOf(object, 'id'),
    });
  }
}
