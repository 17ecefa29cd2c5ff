/** Leaves room for our longest path within the 255 characters of an OCPI URL (FMT-16). */
export const LONGEST_PUBLIC_URL = 160;

/** Whether a base URL may be published: absolute, and short enough for all that we append. */
export function mayBePublished(publicUrl: string): boolean {
  return URL.canParse(publicUrl) && publicUrl.length <= LONGEST_PUBLIC_URL;
}

/** Joins with exactly one slash; never `//`, never none; a query or trailing slash of the base does not get in between (TRN-13, E-39). */
export function joinUrl(base: string, path: string): string {
  const [location, query] = splitQuery(base);
  const joined = path === '' ? location : `${location.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
  return query ? `${joined}?${query}` : joined;
}

function splitQuery(url: string): [string, string | undefined] {
  const at = url.indexOf('?');
  return at < 0 ? [url, undefined] : [url.slice(0, at), url.slice(at + 1)];
}

/**
 * Fills the `:names` of a row's path; every segment is percent-encoded once (COO-09).
 * @throws RangeError when a parameter is missing, which is a mistake in the caller.
 */
export function fillPath(path: string, parameters: Readonly<Record<string, string>> = {}): string {
  return path.replace(/:([a-z_]+)/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined || value === '') throw new RangeError(`path parameter ${name} is missing for ${path}`);
    return encodeURIComponent(value);
  });
}

/** Adds query parameters that are not undefined. */
export function withQuery(url: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string | number] => pair[1] !== undefined);
  if (pairs.length === 0) return url;
  const text = new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return url.includes('?') ? `${url}&${text}` : `${url}?${text}`;
}

/** By quirk our URLs end in a slash, before the query. */
export function withTrailingSlash(url: string): string {
  const [location, query] = splitQuery(url);
  const slashed = location.endsWith('/') ? location : `${location}/`;
  return query ? `${slashed}?${query}` : slashed;
}
