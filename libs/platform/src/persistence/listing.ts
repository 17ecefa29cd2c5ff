import { VoltapError } from '@voltap/kernel';
import type { Database } from './database.js';
import type { DocumentPage, DocumentTable, ListingPosition, PageQuery, StoredDocument } from './documents.js';

/** What a reader of a list asks for; `position` comes from an earlier page and takes the place of `offset`. */
export interface ListingQuery extends Omit<PageQuery, 'position'> {
  /** As it was decoded; checked here. */
  readonly position?: Readonly<Record<string, unknown>>;
}

/** One page of a crawl. */
export type Listing<Content> = DocumentPage<StoredDocument<Content>>;

/** One page of a crawl: the JSON text of each document. */
export type TextListing = DocumentPage<string>;

/**
 * One page of a crawl that misses nothing and shows each document once, as deep pages cost what first ones do.
 * @throws VoltapError invalid_parameter when the position is not one of ours.
 */
export async function listDocuments<Content extends object>(
  database: Database,
  table: DocumentTable<Content>,
  query: ListingQuery,
): Promise<Listing<Content>> {
  return table.page(database.reader, checked(query));
}

/** As `listDocuments`: the JSON text of each content, or of that member of it. @throws as `listDocuments`. */
export async function listTexts<Content extends object>(
  database: Database,
  table: DocumentTable<Content>,
  query: ListingQuery,
  member: (keyof Content & string) | null = null,
): Promise<TextListing> {
  return table.texts(database.reader, checked(query), member);
}

function checked({ position, ...query }: ListingQuery): PageQuery {
  if (position === undefined) return query;
  const { place, bound, total } = position;
  const places = [place, bound].every((text) => typeof text === 'string' && /^\d{1,18}$/.test(text));
  if (places && Number.isSafeInteger(total)) return { ...query, position: position as ListingPosition };
  throw new VoltapError('invalid_parameter', 'query/cursor: is not the cursor of an earlier page.', {
    violations: [{ pointer: 'query/cursor', message: 'is not the cursor of an earlier page' }],
  });
}
