/** In a row; a page may be empty when all of it was removed since. */
const MOST_EMPTY_PAGES = 10;
const PAGE_PARAMETERS: ReadonlySet<string> = new Set(['date_from', 'date_to', 'offset', 'limit']);

/** What is wrong with a link; undefined when it may be followed. */
export function whereWrong(next: string, from: string, seen: ReadonlySet<string>, empty: number): string | undefined {
  if (new URL(next).origin !== new URL(from).origin) return 'another origin';
  if (seen.has(next)) return 'a page already seen';
  return empty > MOST_EMPTY_PAGES ? 'ever more empty pages' : undefined;
}

/**
 * The same page from `by` objects further ahead; undefined when it is no page of a window that closes, begins at 0, or was
 * found by other means than its offset (a keyset loses nothing).
 */
export function earlierPage(url: string, by: number): string | undefined {
  const page = new URL(url);
  const names = [...page.searchParams.keys()];
  if (!names.includes('date_to') || names.some((name) => !PAGE_PARAMETERS.has(name))) return undefined;
  const offset = Number(page.searchParams.get('offset') ?? 0);
  if (!Number.isSafeInteger(offset) || offset <= 0) return undefined;
  page.searchParams.set('offset', String(Math.max(0, offset - by)));
  return page.href;
}
