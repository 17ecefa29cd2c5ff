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

  it('make the list of modules that we advertise', () => {
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
