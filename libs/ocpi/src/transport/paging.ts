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

/** Longer than any header that a listener lets through. */
const LONGEST_LINK = 16_384;

/** The target of `rel="next"` in a `Link` header; undefined when there is none. Reads each character once. */
export function parseNextLink(header: string | undefined): string | undefined {
  if (header === undefined || header.length > LONGEST_LINK) return undefined;
  for (let begin = header.indexOf('<'); begin >= 0; ) {
    const end = header.indexOf('>', begin);
    if (end < 0) return undefined;
    const after = endOfParameters(header, end + 1);
    if (relationsOf(header.slice(end + 1, after)).includes('next')) return header.slice(begin + 1, end);
    begin = header.indexOf('<', after);
  }
  return undefined;
}

/** Where the parameters of a link end: at the comma before the next link; commas inside quotes are none. */
function endOfParameters(header: string, from: number): number {
  let quoted = false;
  for (let index = from; index < header.length; index += 1) {
    if (header[index] === '"') quoted = !quoted;
    else if (header[index] === ',' && !quoted) return index;
  }
  return header.length;
}

/** The words of the first `rel` among parameters like `; rel="last next"; title="a; b"`. */
function relationsOf(parameters: string): readonly string[] {
  let begin = 0;
  let quoted = false;
  for (let index = 0; index <= parameters.length; index += 1) {
    if (parameters[index] === '"') quoted = !quoted;
    if (index < parameters.length && (quoted || parameters[index] !== ';')) continue;
    const parameter = parameters.slice(begin, index);
    const equals = parameter.indexOf('=');
    if (equals >= 0 && parameter.slice(0, equals).trim().toLowerCase() === 'rel') {
      return parameter
        .slice(equals + 1)
        .replaceAll('"', ' ')
        .trim()
        .toLowerCase()
        .split(/\s+/);
    }
    begin = index + 1;
  }
  return [];
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
