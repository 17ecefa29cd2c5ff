import { type FieldViolation, VoltapError } from '@voltap/kernel';
import { normaliseDateTime } from '../model/index.js';

/** Bounds of a list; `maximum` is what X-Limit says. */
export interface PagingLimits {
  readonly default: number;
  readonly maximum: number;
}

export const DEFAULT_PAGING_LIMITS: PagingLimits = { default: 50, maximum: 500 };

/** What a list request asks for; the date window is half open: from inclusive, to exclusive (PAG-01..05). */
export interface PageQuery {
  readonly dateFrom?: string;
  readonly dateTo?: string;
  readonly offset: number;
  /** Already lowered to the maximum (PAG-12). */
  readonly limit: number;
  /** The server's upper limit, for X-Limit (PAG-07). */
  readonly maximum: number;
  /** Opaque position from our own `Link`; absent on the first page and for clients that build URLs themselves. */
  readonly cursor?: string;
}

export type QueryBag = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads `date_from`, `date_to`, `offset`, `limit` and our own `cursor`.
 * @throws VoltapError invalid_parameter with pointers like `query/limit` (ENV-17).
 */
export function parsePageQuery(query: QueryBag, limits: PagingLimits = DEFAULT_PAGING_LIMITS): PageQuery {
  const violations: FieldViolation[] = [];
  const text = (name: string): string | undefined => {
    const value = query[name];
    return (Array.isArray(value) ? value[0] : value) || undefined;
  };
  const date = (name: string): string | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const normalised = normaliseDateTime(value);
    if (normalised === undefined) violations.push({ pointer: `query/${name}`, message: 'must be a DateTime in UTC' });
    return normalised;
  };
  const count = (name: string, absent: number, least: number): number => {
    const value = text(name);
    if (value === undefined) return absent;
    if (/^\d{1,15}$/.test(value) && Number(value) >= least) return Number(value);
    violations.push({ pointer: `query/${name}`, message: `must be a whole number from ${least}` });
    return absent;
  };
  const dateFrom = date('date_from');
  const dateTo = date('date_to');
  const offset = count('offset', 0, 0);
  const limit = Math.min(count('limit', limits.default, 1), limits.maximum);
  const cursor = text('cursor');
  if (violations.length > 0) {
    throw new VoltapError('invalid_parameter', 'The query cannot be read', { violations });
  }
  return {
    ...(dateFrom ? { dateFrom } : {}),
    ...(dateTo ? { dateTo } : {}),
    offset,
    limit,
    maximum: limits.maximum,
    ...(cursor ? { cursor } : {}),
  };
}

/**
 * The absolute URL of the next page: the original filters, the next offset and limit, and where the keyset stands
 * (PAG-09, PAG-10). Clients follow it unchanged.
 */
export function nextPageUrl(listUrl: string, query: PageQuery, returned: number, cursor?: string): string {
  const parameters = new URLSearchParams();
  if (query.dateFrom) parameters.set('date_from', query.dateFrom);
  if (query.dateTo) parameters.set('date_to', query.dateTo);
  parameters.set('offset', String(query.offset + returned));
  parameters.set('limit', String(query.limit));
  if (cursor) parameters.set('cursor', cursor);
  return `${listUrl}?${parameters.toString()}`;
}

export function nextLink(url: string): string {
  return `<${url}>; rel="next"`;
}

/** The target of `rel="next"` in a `Link` header; undefined when there is none. */
export function parseNextLink(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (const match of header.matchAll(/<([^>]*)>((?:\s*;\s*[^,;<>="]+(?:=(?:"[^"]*"|[^",;<>]*))?)*)/g)) {
    const [, target, parameters] = match;
    if (/(?:^|;)\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?\s*(?:;|$)/i.test(parameters ?? '')) return target;
  }
  return undefined;
}

/**
 * An opaque cursor: the values a keyset query continues from (last_updated, id, upper bound of the crawl, total count,
 * ...), as URL-safe text.
 */
export function encodeCursor(position: Readonly<Record<string, string | number | null>>): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
}

/** @throws VoltapError invalid_parameter when the text is not one of our cursors. */
export function decodeCursor(cursor: string): Readonly<Record<string, string | number | null>> {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (
      typeof position === 'object' &&
      position !== null &&
      !Array.isArray(position) &&
      Object.values(position).every((value) => value === null || ['string', 'number'].includes(typeof value))
    ) {
      return position as Readonly<Record<string, string | number | null>>;
    }
  } catch {
    // Not ours: the refusal below says so.
  }
  throw new VoltapError('invalid_parameter', 'The page cannot be found; start the list again', {
    violations: [{ pointer: 'query/cursor', message: 'is not a position that this list gave' }],
  });
}
