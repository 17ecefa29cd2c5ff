import { type EndpointRow, type HttpMethod, servedRows, versions } from '../endpoints/index.js';
import { OCPI_VERSIONS } from '../model/index.js';
import type { Quirks } from '../profiles/index.js';

/** The route of a row: `ocpi/cpo/versions`, `ocpi/cpo/:version` or `ocpi/cpo/:version/<module><path>`. */
export function routeOf(row: EndpointRow): string {
  if (row.id === versions.list.id) return 'ocpi/cpo/versions';
  if (row.id === versions.details.id) return 'ocpi/cpo/:version';
  return `ocpi/cpo/:version/${row.module}${row.path}`;
}

interface ServedRoute {
  readonly row: EndpointRow;
  readonly pattern: RegExp;
}

const SERVED: readonly ServedRoute[] = [...new Set(OCPI_VERSIONS.flatMap((version) => servedRows(version)))].map(
  (row) => ({ row, pattern: new RegExp(`^/${routeOf(row).replace(/:[a-z_]+/g, '[^/]+')}/?$`) }),
);

/**
 * The methods that are served at the path of a URL, to a partner with these settings; without settings, those that only
 * some partners get too. Empty where there is nothing. `/ocpi/cpo/versions` is the list, not a version of that name.
 */
export function methodsAt(url: string, quirks?: Readonly<Quirks>): readonly HttpMethod[] {
  const path = url.split('?')[0] ?? '';
  if (/^\/ocpi\/cpo\/versions\/?$/.test(path)) return [versions.list.method];
  const offered = ({ quirk }: EndpointRow): boolean => !quirk || !quirks || quirks[quirk];
  const matching = SERVED.filter(({ row, pattern }) => pattern.test(path) && offered(row));
  return [...new Set(matching.map(({ row }) => row.method))];
}
