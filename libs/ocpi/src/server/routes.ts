import { type EndpointRow, type HttpMethod, servedRows, versions } from '../endpoints/index.js';
import { OCPI_VERSIONS } from '../model/index.js';

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
 * The methods that are served at the path of a URL, with those that only some partners get; empty where there is nothing.
 * `/ocpi/cpo/versions` is the list, not a version of that name.
 */
export function methodsAt(url: string): readonly HttpMethod[] {
  const path = url.split('?')[0] ?? '';
  if (/^\/ocpi\/cpo\/versions\/?$/.test(path)) return [versions.list.method];
  const matching = SERVED.filter(({ pattern }) => pattern.test(path));
  return [...new Set(matching.map(({ row }) => row.method))];
}
