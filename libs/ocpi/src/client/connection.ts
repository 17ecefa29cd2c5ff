import { type Party, VoltapError } from '@voltap/kernel';
import type { EndpointRow } from '../endpoints/index.js';
import type { Endpoint, OcpiVersion } from '../model/index.js';
import type { Quirks } from '../profiles/index.js';

/** What is needed to call a partner. */
export interface PartnerConnection {
  /** The version that is spoken with it. */
  readonly version: OcpiVersion;
  /** The credentials token that the partner issued to us, in clear. */
  readonly token: string;
  readonly quirks: Readonly<Quirks>;
  /** Our party and the partner's, for the routing headers; unknown before registration. */
  readonly own?: Party;
  readonly peer?: Party;
  /** Whether the peer is a hub: whatever is sent to the party of a hub is a broadcast. */
  readonly peerIsHub?: boolean;
  /** The partner's endpoints as in its version details. */
  readonly endpoints: readonly Pick<Endpoint, 'identifier' | 'role' | 'url'>[];
}

/**
 * The URL that a row's path is relative to. The role of a credentials entry is disregarded (VER-05). Payments may be
 * listed as one base or as entries that already end in a sub-path (VER-08).
 * @throws VoltapError missing_endpoints when the partner does not offer it.
 */
export function baseUrlOf(row: EndpointRow, connection: PartnerConnection): string {
  const entries = connection.endpoints.filter(
    ({ identifier, role }) => identifier === row.module && (row.module === 'credentials' || role === row.role),
  );
  if (row.module === 'payments') {
    const section = `/${row.path.split('/')[1]}`;
    for (const { url } of entries) {
      const trimmed = url.replace(/\/+$/, '');
      if (trimmed.endsWith(section)) return trimmed.slice(0, -section.length);
    }
    const base = entries.find(({ url }) => !/\/(terminals|financial-advice-confirmations)\/*$/.test(url));
    if (base) return base.url;
  } else {
    const [entry] = entries;
    if (entry) return entry.url;
  }
  throw new VoltapError('missing_endpoints', `The partner offers no ${row.module} ${row.role}`);
}

/** Whether the partner offers what a row needs. */
export function offers(row: EndpointRow, connection: PartnerConnection): boolean {
  try {
    baseUrlOf(row, connection);
    return true;
  } catch (error) {
    if (error instanceof VoltapError && error.code === 'missing_endpoints') return false;
    throw error;
  }
}
