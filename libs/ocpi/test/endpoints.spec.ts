import { describe, expect, it } from '@jest/globals';
import {
  type EndpointRow,
  endpoints,
  opensWithRegistrationToken,
  servedModules,
  servedRows,
} from '@voltap/ocpi/endpoints';
import { profileOf, quirkOverridesSchema } from '@voltap/ocpi/profiles';
import { routeOf } from '@voltap/ocpi/server';

function rowsIn(value: unknown): EndpointRow[] {
  if (typeof value !== 'object' || value === null) return [];
  return 'method' in value ? [value as EndpointRow] : Object.values(value).flatMap(rowsIn);
}

describe('the endpoint rows', () => {
  it('have unique ids and, where we serve them, unique routes', () => {
    const ids = rowsIn(endpoints).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const routes = servedRows('2.3.0').map((row) => `${row.method} ${routeOf(row)}`);
    expect(new Set(routes).size).toBe(routes.length);
    expect(routes).toEqual(
      expect.arrayContaining(['GET ocpi/cpo/versions', 'POST ocpi/cpo/:version/commands/START_SESSION']),
    );
  });

  it('make the list of modules that we advertise, without the optional ones (OFF-06, VER-06, VER-10, CHP-01, INV-01)', () => {
    const advertised = servedModules('2.3.0').map(({ identifier, role }) => `${identifier} ${role}`);
    expect(advertised.sort()).toEqual([
      'cdrs SENDER',
      'commands RECEIVER',
      'credentials SENDER',
      'locations SENDER',
      'payments RECEIVER',
      'sessions SENDER',
      'tariffs SENDER',
      'tokens RECEIVER',
    ]);
  });

  it('know no PATCH of tariffs, no change of a CDR, no end of a location, and no path below a session (TAR-07, CDR-06, COO-07, LOC-25, SES-07)', () => {
    const all = rowsIn(endpoints);
    const methods = (module: string, role?: string): string[] => [
      ...new Set(
        all.filter((row) => row.module === module && (role ?? row.role) === row.role).map(({ method }) => method),
      ),
    ];
    expect(methods('tariffs').sort()).toEqual(['DELETE', 'GET', 'PUT']);
    expect(methods('cdrs').sort()).toEqual(['GET', 'POST']);
    expect(methods('locations').sort()).toEqual(['GET', 'PATCH', 'PUT']);
    for (const module of ['locations', 'sessions', 'tariffs', 'tokens']) {
      expect(methods(module, 'RECEIVER')).not.toContain('POST');
    }
    const patched = all.filter((row) => row.module === 'sessions' && row.method === 'PATCH').map(({ path }) => path);
    expect(patched).toEqual(['/:country_code/:party_id/:session_id']);
  });

  it('leave invoice reconciliation out of 2.2.1, and all of payments in (VER-13)', () => {
    const since = rowsIn(endpoints).filter((row) => row.since === '2.3.0');
    expect(new Set(since.map(({ module }) => module))).toEqual(new Set(['invoicereconciliation']));
    expect(servedModules('2.2.1')).toEqual(servedModules('2.3.0'));
  });

  it('open to a registration token nothing but versions and credentials', () => {
    const open = servedRows('2.3.0').filter(opensWithRegistrationToken);
    expect(open.map(({ id }) => id).sort()).toEqual([
      'credentials.sender.delete',
      'credentials.sender.get',
      'credentials.sender.post',
      'credentials.sender.put',
      'versions.sender.details',
      'versions.sender.list',
    ]);
  });
});

describe('a partner profile', () => {
  it('gives its settings with those of the partner over them', () => {
    expect(profileOf('payter', { trailingSlash: true, patchTerminals: undefined }).quirks).toMatchObject({
      patchTerminals: true,
      trailingSlash: true,
    });
    expect(profileOf('spec').quirks).toMatchObject({ patchTerminals: false, trailingSlash: false });
  });

  it('refuses settings that do not exist', () => {
    expect(quirkOverridesSchema.safeParse({ plainTokens: true }).success).toBe(false);
  });
});
