import { randomUUID } from 'node:crypto';
import { type Party, sameParty } from '@voltap/kernel';

/** Header names, lower case as Node gives them; HTTP compares them without case (TRN-11). */
export const HEADERS = {
  authorization: 'authorization',
  requestId: 'x-request-id',
  correlationId: 'x-correlation-id',
  fromCountry: 'ocpi-from-country-code',
  fromParty: 'ocpi-from-party-id',
  toCountry: 'ocpi-to-country-code',
  toParty: 'ocpi-to-party-id',
  totalCount: 'x-total-count',
  limit: 'x-limit',
  link: 'link',
  location: 'location',
  retryAfter: 'retry-after',
} as const;

export type HeaderBag = Readonly<Record<string, string | string[] | undefined>>;

/** One value of a header; the first where it came several times; undefined when empty. */
export function headerOf(headers: HeaderBag, name: string): string | undefined {
  const value = headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first?.trim() || undefined;
}

/** Ids of one exchange: the request id is never reused, the correlation id spans a whole flow (IDS-01..06). */
export interface MessageIds {
  readonly requestId: string;
  readonly correlationId: string;
}

/** The ids of a request; minted where the peer left them out (IDS-05). */
export function idsOf(headers: HeaderBag): MessageIds {
  const requestId = headerOf(headers, HEADERS.requestId) ?? randomUUID();
  return { requestId, correlationId: headerOf(headers, HEADERS.correlationId) ?? requestId };
}

export function idHeaders(ids: MessageIds): Record<string, string> {
  return { [HEADERS.requestId]: ids.requestId, [HEADERS.correlationId]: ids.correlationId };
}

/** The parties that the routing headers name; a half-given pair counts as not given. */
export interface Routing {
  readonly from?: Party;
  readonly to?: Party;
}

export function routingOf(headers: HeaderBag): Routing {
  const from = partyOf(headers, HEADERS.fromCountry, HEADERS.fromParty);
  const to = partyOf(headers, HEADERS.toCountry, HEADERS.toParty);
  return { ...(from ? { from } : {}), ...(to ? { to } : {}) };
}

function partyOf(headers: HeaderBag, country: string, party: string): Party | undefined {
  const country_code = headerOf(headers, country);
  const party_id = headerOf(headers, party);
  return country_code && party_id ? { country_code, party_id } : undefined;
}

/** Routing headers of a request or answer that goes from one party to another (RTE-01, RTE-02). */
export function routingHeaders(routing: Routing): Record<string, string> {
  const headers: Record<string, string> = {};
  if (routing.from) {
    headers[HEADERS.fromCountry] = routing.from.country_code;
    headers[HEADERS.fromParty] = routing.from.party_id;
  }
  if (routing.to) {
    headers[HEADERS.toCountry] = routing.to.country_code;
    headers[HEADERS.toParty] = routing.to.party_id;
  }
  return headers;
}

/** Routing of the answer to a request (RTE-03). */
export function swapped(routing: Routing): Routing {
  return { ...(routing.to ? { from: routing.to } : {}), ...(routing.from ? { to: routing.from } : {}) };
}

export function includesParty(parties: readonly Party[], party: Party): boolean {
  return parties.some((candidate) => sameParty(candidate, party));
}

/** Seconds or an HTTP date in `Retry-After`, as milliseconds from now; undefined when absent or unreadable. */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
