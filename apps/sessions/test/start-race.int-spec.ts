import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { DataSource } from 'typeorm';
import { type SessionsBench, sessionsBench, startEvent } from './sessions-bench.js';

/** An advisory lock of this test alone. */
const GATE = 20_260_302;

describe('a report whose start becomes known while it is being kept', () => {
  let bench: SessionsBench;
  let store: DataSource;

  beforeAll(async () => {
    bench = await sessionsBench();
    store = new DataSource({ type: 'postgres', url: bench.platform.platform.database('sessions').url });
    await store.initialize();
  });

  afterAll(async () => {
    await store?.destroy();
    await bench?.platform.close();
  });

  it('is not left behind', async () => {
    // Stops the report after it has looked for its start and before it is kept.
    await store.query(`create function stop_at_gate() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock_shared(${GATE}); return new; end $$`);
    await store.query(
      'create trigger gate before insert on unbound_report for each row execute function stop_at_gate()',
    );
    const gate = store.createQueryRunner();
    await gate.query(`select pg_advisory_lock(${GATE})`);
    const waiting = async () => {
      const [row]: { count: number }[] = await store.query(
        `select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted
         and database = (select oid from pg_database where datname = current_database())`,
      );
      return row?.count ?? 0;
    };

    const end = { status: 'COMPLETED', end_date_time: '2026-03-02T11:00:00Z' };
    const reporting = bench.report('BETWEEN', { commandId: 'between', session: end });
    await waitUntil(async () => (await waiting()) === 1, { describe: 'the report to stand at the gate' });
    await bench.platform.publish(startEvent({ commandId: 'between', idTag: 'BETWEEN' }));
    await waitUntil(
      async () => {
        const known: unknown[] = await store.query(`select 1 from start_command where key = 'between'`);
        return known.length > 0 || (await waiting()) === 2;
      },
      { describe: 'the start to be handled, or to wait for the report' },
    );
    await gate.query(`select pg_advisory_unlock(${GATE})`);
    await gate.release();

    expect((await reporting).status).toBe(200);
    expect((await bench.bound('BETWEEN')).session?.status).toBe('COMPLETED');
    await waitUntil(() => bench.endsOf('BETWEEN').length === 1, { describe: 'its end' });
  });
});
