/** In a row; a page may be empty when all of it was removed since. */
const MOST_EMPTY_PAGES = 10;
const PAGE_PARAMETERS: ReadonlySet<string> = new Set(['date_from', 'date_to', 'offset', 'limit']);

/** What a page of a list says of the way on. */
export interface WalkedPage {
  /** The URL that it was asked for by. */
  readonly url: string;
  /** Its `Link` to the next page, absolute. */
  readonly next: string | undefined;
  /** Its `X-Total-Count`. */
  readonly totalCount: number | undefined;
  /** How many objects stood in it, invalid ones included. */
  readonly objects: number;
}

export type NextStep = { readonly url: string } | { readonly wrong: string };

/**
 * The way through the pages of a list (PAG-14): by `Link`, and once more further ahead when objects left the window of a
 * crawl with `date_to` (PAG-15). A `Link` to another origin, to a page already seen, or to ever more empty pages is wrong.
 */
export class PageWalk {
  private readonly seen = new Set<string>();
  private total: number | undefined;
  private empty = 0;

  /** Undefined: that was the last page. */
  after(page: WalkedPage): NextStep | undefined {
    this.empty = page.objects === 0 ? this.empty + 1 : 0;
    const dropped = this.total === undefined || page.totalCount === undefined ? 0 : this.total - page.totalCount;
    this.total = page.totalCount;
    const next = (dropped > 0 ? earlierPage(page.url, dropped) : undefined) ?? page.next;
    if (next === undefined) return undefined;
    const wrong = this.whereWrong(next, page.url);
    if (wrong !== undefined) return { wrong: `the Link to the next page leads to ${wrong}` };
    this.seen.add(next);
    return { url: next };
  }

  private whereWrong(next: string, from: string): string | undefined {
    if (new URL(next).origin !== new URL(from).origin) return 'another origin';
    if (this.seen.has(next)) return 'a page already seen';
    return this.empty > MOST_EMPTY_PAGES ? 'ever more empty pages' : undefined;
  }
}

/**
 * The same page from `by` objects further ahead; undefined when it is no page of a window that closes, begins at 0, or was
 * found by other means than its offset (a keyset loses nothing).
 */
function earlierPage(url: string, by: number): string | undefined {
  const page = new URL(url);
  const names = [...page.searchParams.keys()];
  if (!names.includes('date_to') || names.some((name) => !PAGE_PARAMETERS.has(name))) return undefined;
  const offset = Number(page.searchParams.get('offset') ?? 0);
  if (!Number.isSafeInteger(offset) || offset <= 0) return undefined;
  page.searchParams.set('offset', String(Math.max(0, offset - by)));
  return page.href;
}
