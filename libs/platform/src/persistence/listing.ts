import { VoltapError } from '@voltap/kernel';
import type { Database } from './database.js';
import type { DocumentTable, KeysetPosition, PageQuery, StoredDocument } from './documents.js';

/** What a reader of a list asks for; `cursor` comes from an earlier page and takes the place of `offset`. */
export interface ListingQuery extends Pick<PageQuery, 'scopes' | 'reader' | 'onlyOwn' | 'dateFrom' | 'dateTo' | 'limit'> {
  readonly offset?: number;
  readonly cursor?: string;
}

export interface Listing<Content> {
  readonly items: readonly StoredDocument<Content>[];
  /** Exact number of documents of the whole crawl, counted at its first page. */
  readonly total: number;
  /** Opaque cursor of the next page; null on the last. */
  readonly next: string | null;
}

interface CursorContent {
  readonly after: KeysetPosition;
  readonly bound: string;
  readonly total: number;
}

/** One page of a crawl that misses nothing and shows each document once, as deep pages cost what first ones do. */
export async function listDocuments<Content extends object>(
  database: Database,
  table: DocumentTable<Content>,
  query: ListingQuery,
): Promise<Listing<Content>> {
  const cursor = query.cursor === undefined ? undefined : decode(query.cursor);
  const { items, next, bound, total } = await database.transaction(async (transaction) => {
    const page = await table.page(transaction, { ...query, after: cursor?.after, bound: cursor?.bound });
    return { ...page, total: cursor?.total ?? (await table.count(transaction, query, page.bound)) };
  });
  return { items, total, next: next === null ? null : encode({ after: next, bound, total }) };
}

function encode(content: CursorContent): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function decode(cursor: string): CursorContent {
  try {
    const content = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as CursorContent;
    if (typeof content.after.lastUpdated === 'string' && Number.isInteger(content.total)) return content;
  } catch (cause) {
    throw invalid(cause);
  }
  throw invalid();
}

function invalid(cause?: unknown): VoltapError {
  return new VoltapError('invalid_parameter', 'query/cursor: is not the cursor of an earlier page.', {
    violations: [{ pointer: 'query/cursor', message: 'is not the cursor of an earlier page' }],
    cause,
  });
}
