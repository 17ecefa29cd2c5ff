import { VoltapError } from '@voltap/kernel';
import type { Database } from './database.js';
import type { DocumentTable, PageQuery, StoredDocument } from './documents.js';

/** Where a crawl goes on; the edge that hands it out encodes it as an opaque cursor. */
export type ListingPosition = {
  readonly place: string;
  readonly bound: string;
  readonly total: number;
};

/** What a reader of a list asks for; `position` comes from an earlier page and takes the place of `offset`. */
export interface ListingQuery
  extends Pick<PageQuery, 'scopes' | 'reader' | 'onlyOwn' | 'dateFrom' | 'dateTo' | 'limit'> {
  readonly offset?: number;
  /** As it was decoded; checked here. */
  readonly position?: Readonly<Record<string, unknown>>;
}

export interface Listing<Content> {
  readonly items: readonly StoredDocument<Content>[];
  /** Exact number of documents of the whole crawl, counted at its first page. */
  readonly total: number;
  /** Position of the next page; null on the last. */
  readonly next: ListingPosition | null;
}

/**
 * One page of a crawl that misses nothing and shows each document once, as deep pages cost what first ones do.
 * @throws VoltapError invalid_parameter when the position is not one of ours.
 */
export async function listDocuments<Content extends object>(
  database: Database,
  table: DocumentTable<Content>,
  query: ListingQuery,
): Promise<Listing<Content>> {
  const position = query.position === undefined ? undefined : checked(query.position);
  const { items, next, bound, total } = await database.transaction(async (transaction) => {
    const page = await table.page(transaction, { ...query, after: position?.place, bound: position?.bound });
    return { ...page, total: position?.total ?? (await table.count(transaction, query, page.bound)) };
  });
  return { items, total, next: next === null ? null : { place: next, bound, total } };
}

function checked(position: Readonly<Record<string, unknown>>): ListingPosition {
  const { place, bound, total } = position;
  const places = [place, bound].every((text) => typeof text === 'string' && /^\d{1,18}$/.test(text));
  if (places && Number.isSafeInteger(total)) return position as ListingPosition;
  throw new VoltapError('invalid_parameter', 'query/cursor: is not the cursor of an earlier page.', {
    violations: [{ pointer: 'query/cursor', message: 'is not the cursor of an earlier page' }],
  });
}
