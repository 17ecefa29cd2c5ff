import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDataSource } from '@voltap/platform/persistence';
import { createTestDatabase, queryDatabase, type TestDatabase } from '@voltap/platform/testing';
import { gateway } from '../src/service.js';

describe("the gateway's schema", () => {
  let test: TestDatabase;

  const migrate = async (until: string | null) => {
    const end = until === null ? gateway.migrations.length : gateway.migrations.findIndex(({ name }) => name === until);
    const settings = { url: test.url, poolSize: 2, applicationName: 'test' };
    await (await openDataSource(settings, gateway.migrations.slice(0, end), [])).destroy();
  };

  beforeEach(async () => {
    test = await createTestDatabase();
  });
  afterEach(async () => {
    await test.drop();
  });

  it('grows without writing what it holds anew', async () => {
    await migrate('GatewayCallbackTerms1764000000003');
    await queryDatabase(
      test.url,
      `insert into delivery (id, partner_id, kind, object_key, order_key, exact, revision, content, correlation_id, state, created_at)
       select gen_random_uuid(), 'partner', 'tariff', state, state, false, 1, '{}', '', state, now() - interval '3 hours'
       from unnest(array['PENDING', 'IN_FLIGHT', 'SUCCEEDED']) as s (state)`,
    );
    const files = () =>
      queryDatabase<{ file: number }>(
        test.url,
        `select pg_relation_filenode(t)::int as file from unnest(array['delivery', 'callback']) as t`,
      );
    const before = await files();
    await migrate(null);
    expect(await files()).toEqual(before);
    const rows = await queryDatabase(
      test.url,
      `select state from delivery where opened_at = created_at and state <> 'SUCCEEDED' order by state`,
    );
    expect(rows).toEqual([{ state: 'IN_FLIGHT' }, { state: 'PENDING' }]);
  });
});
