import { type FieldViolation, type PartyKey, parsePartyKey, partyKey, VoltapError } from '@voltap/kernel';
import type { FastifyRequest } from 'fastify';
import {
  carriesRouting,
  type EndpointRow,
  opensWithRegistrationToken,
  type ParameterOf,
  type RequestOf,
} from '../endpoints/index.js';
import { isOcpiVersion, type OcpiVersion } from '../model/index.js';
import type { Quirks } from '../profiles/index.js';
import {
  idsOf,
  includesParty,
  type MessageIds,
  nestsTooDeep,
  type PageQuery,
  parsePageQuery,
  type QueryBag,
  type Routing,
  routingOf,
  violationsOf,
} from '../transport/index.js';
import { pointerOnTheWire, upgrade } from '../versions/index.js';
import { type PartnerCaller, partnerCallerOf, quirksOf } from './caller.js';

/** What a handler gets, typed by its row: `@OcpiRequest() request: OcpiRequestOf<typeof locations.sender.object>`. */
export interface OcpiRequestOf<Row extends EndpointRow> {
  readonly caller: PartnerCaller;
  readonly quirks: Readonly<Quirks>;
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<ParameterOf<Row['path']>, string>>;
  readonly query: QueryBag;
  /** Canonical and valid. */
  readonly body: RequestOf<Row>;
  readonly page: Row['paginated'] extends true ? PageQuery : undefined;
  readonly routing: Routing;
  /** Keys of our parties that this request is about: the one in the to-headers, or all the partner may see (RTE-06). */
  readonly parties: readonly PartyKey[];
  readonly ids: MessageIds;
  /** Version in the URL; for the version list, which has none, the canonical one. */
  readonly version: OcpiVersion;
}

/** The untyped form that the machinery hands on. */
export type ReadRequest = Omit<OcpiRequestOf<EndpointRow>, 'body' | 'page'> & {
  readonly body: unknown;
  readonly page: PageQuery | undefined;
};

/** Path parameters that repeat a field of the body; they must agree (COO-04, COO-05, TOK-07). */
const REPEATED: Readonly<Record<string, string>> = {
  country_code: 'country_code',
  party_id: 'party_id',
  token_uid: 'uid',
  terminal_id: 'terminal_id',
  confirmation_id: 'id',
};

/** Reads a request by its row. @throws VoltapError as the partner shall see it. */
export function readRequest(row: EndpointRow, request: FastifyRequest): ReadRequest {
  const caller = partnerCallerOf(request as { voltapCaller?: unknown });
  const quirks = quirksOf(caller);
  if (caller.scope === 'registration' && !opensWithRegistrationToken(row)) {
    throw new VoltapError('forbidden', 'This token opens registration only; register first');
  }
  const { version: versionText, ...params } = request.params as Record<string, string>;
  const version = versionOf(versionText);
  if (row.quirk && !quirks[row.quirk]) {
    throw new VoltapError('method_not_allowed', `${row.method} is not offered here`);
  }
  const routing = carriesRouting(row) ? routingOf(request.headers) : {};
  const parties = partiesOf(caller, routing);
  const query = request.query as QueryBag;
  return {
    caller,
    quirks,
    params,
    query,
    body: readBody(row, version, quirks, params, request.body),
    page: row.paginated ? parsePageQuery(query) : undefined,
    routing: completed(routing, caller, parties, row),
    parties,
    ids: idsOf(request.headers),
    version,
  };
}

export function versionOf(text: string | undefined): OcpiVersion {
  if (text === undefined) return '2.3.0';
  if (isOcpiVersion(text)) return text;
  throw new VoltapError('not_found', `Version ${text} is not offered; see the list of versions`);
}

function partiesOf(caller: PartnerCaller, routing: Routing): readonly PartyKey[] {
  const own = caller.parties.map(parsePartyKey);
  const { from, to } = routing;
  const violations: FieldViolation[] = [];
  if (from && caller.roles.length > 0 && !includesParty(caller.roles, from)) {
    violations.push({ pointer: 'header/ocpi-from-party-id', message: 'is not a party of yours' });
  }
  const wanted = to && `${to.country_code}*${to.party_id}`.toUpperCase();
  if (to && !own.some((key) => key === wanted)) {
    violations.push({ pointer: 'header/ocpi-to-party-id', message: 'is not a party of this platform' });
  }
  if (violations.length > 0) {
    throw new VoltapError('invalid_parameter', 'The routing headers cannot be followed', { violations });
  }
  return to ? [partyKey(to)] : own;
}

/** Headers that the request left out are known when there is only one party on a side (RTE-03, RTE-05). */
function completed(routing: Routing, caller: PartnerCaller, parties: readonly PartyKey[], row: EndpointRow): Routing {
  if (!carriesRouting(row)) return {};
  const [role, ...otherRoles] = caller.roles;
  const [party, ...otherParties] = parties;
  const from = routing.from ?? (role && otherRoles.length === 0 ? role : undefined);
  const [country_code, party_id] = party?.split('*') ?? [];
  const single = country_code && party_id && otherParties.length === 0 ? { country_code, party_id } : undefined;
  const to = routing.to ?? single;
  return { ...(from ? { from } : {}), ...(to ? { to } : {}) };
}

function readBody(
  row: EndpointRow,
  version: OcpiVersion,
  quirks: Readonly<Quirks>,
  params: Readonly<Record<string, string>>,
  raw: unknown,
): unknown {
  if (row.request === undefined) return undefined;
  const { value } = upgrade(row.objects.request, version, parseJson(raw), quirks);
  const result = row.request.safeParse(value);
  const violations = result.success
    ? disagreements(params, result.data)
    : violationsOf(result.error).map(({ pointer, message }) => ({
        pointer: pointerOnTheWire(version, pointer),
        message,
      }));
  if (violations.length > 0) throw new VoltapError('invalid_parameter', 'The request is invalid', { violations });
  return result.data;
}

function parseJson(raw: unknown): unknown {
  const text = Buffer.isBuffer(raw) ? raw.toString('utf8') : raw;
  if (text === undefined || text === null || text === '') return undefined;
  if (typeof text !== 'string') return text;
  if (nestsTooDeep(text)) {
    const violations = [{ pointer: '', message: 'nests too deep' }];
    throw new VoltapError('invalid_parameter', 'The request is invalid', { violations });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VoltapError('invalid_json', 'The body is not valid JSON', { cause });
  }
}

function disagreements(params: Readonly<Record<string, string>>, body: unknown): FieldViolation[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(params).flatMap(([parameter, inUrl]) => {
    const field = REPEATED[parameter];
    const inBody = field === undefined ? undefined : (body as Record<string, unknown>)[field];
    if (typeof inBody !== 'string' || inBody.toUpperCase() === inUrl.toUpperCase()) return [];
    return [{ pointer: `/${field}`, message: `differs from ${inUrl} in the URL` }];
  });
}
