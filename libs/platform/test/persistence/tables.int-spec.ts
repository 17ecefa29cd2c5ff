import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Database,
  DocumentTable,
  Leases,
  listDocuments,
  listTexts,
  openDataSource,
  ProjectionTable,
  type Transaction,
} from '@voltap/platform/persistence';
import { createTestDatabase, type TestDatabase, waitUntil } from '@voltap/platform/testing';
import type { MigrationInterface, QueryRunner } from 'typeorm';

interface Note {
  readonly text: string;
  readonly last_updated: string;
}

class Tables1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...DocumentTable.ddl('note'), ...ProjectionTable.ddl('copy')])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['note', 'copy']) await runner.query(`drop table ${table}`);
  }
}

describe('what services keep in tables', () => {
  let test: TestDatabase;
  let database: Database;
  const notes = new DocumentTable<Note>('note', (note, at) => ({ ...note, last_updated: at.toISOString() }));

  beforeAll(async () => {
    test = await createTestDatabase();
    const settings = { url: test.url, poolSize: 12, applicationName: 'test' };
    // Replicas that start at once wait for each other's migrations.
    const [first, second] = await Promise.all([1, 2].map(() => openDataSource(settings, [Tables1764000000001], [])));
    if (first === undefined || second === undefined) throw new Error('not opened');
    await second.destroy();
    database = new Database(first);
  });

  afterAll(async () => {
    await database?.dataSource.destroy();
    await test?.drop();
  });

  const write = async (transaction: Transaction, scope: string, id: string, text: string, audience?: string) => {
    await notes.lock(transaction, scope, id);
    return notes.write(transaction, scope, id, { text, last_updated: '' }, { audience });
  };
  const put = (scope: string, id: string, text: string, audience?: string) =>
    database.transaction((transaction) => write(transaction, scope, id, text, audience));

  describe('a document', () => {
    it('has one revision and one strictly later time for each write, however many write at once', async () => {
      const stored = await Promise.all(Array.from({ length: 60 }, (_, index) => put('RISE', 'one', `${index}`)));
      const inOrder = stored.toSorted((left, right) => left.revision - right.revision);
      expect(inOrder.map(({ revision }) => revision)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
      const times = inOrder.map(({ lastUpdated }) => lastUpdated.getTime());
      expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
      expect(inOrder.every(({ lastUpdated, content }) => content.last_updated === lastUpdated.toISOString())).toBe(
        true,
      );
      expect(await notes.find(database.reader, 'RISE', 'ONE')).toEqual(inOrder.at(-1));
    });

    it('that is not there yet is made by one of two who lock it at once, and found by the other', async () => {
      const made = await Promise.all(
        Array.from({ length: 10 }, () =>
          database.transaction(async (transaction) => {
            const found = await notes.lock(transaction, 'MAKE', 'one');
            return found ?? notes.write(transaction, 'MAKE', 'one', { text: 'first', last_updated: '' });
          }),
        ),
      );
      expect(new Set(made.map(({ revision }) => revision))).toEqual(new Set([1]));
    });

    it('comes back after a removal under a revision that is newer than the removal', async () => {
      await put('BACK', 'one', 'a');
      const removed = await database.transaction((transaction) => notes.remove(transaction, 'BACK', 'One'));
      expect(removed?.revision).toBe(2);
      expect(await notes.find(database.reader, 'BACK', 'one')).toBeNull();
      const back = await put('BACK', 'one', 'b');
      expect(back.revision).toBe(3);
      expect(back.lastUpdated.getTime()).toBeGreaterThan(removed?.lastUpdated.getTime() ?? 0);
    });
  });

  describe('a list', () => {
    it('waits for a write that has its time and is not committed, so that a poll misses nothing', async () => {
      let commit: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        commit = resolve;
      });
      let stamped: Date | undefined;
      const late = database.transaction(async (transaction) => {
        stamped = (await write(transaction, 'LATE', 'late', 'committed last')).lastUpdated;
        await held;
      });
      await waitUntil(() => stamped, { describe: 'the write to have its time' });
      let listed = false;
      const list = listDocuments(database, notes, { scopes: ['LATE'], limit: 10 }).then((page) => {
        listed = true;
        return page;
      });
      await waitUntil(
        async () =>
          (
            (await database.reader.query(
              `select 1 from pg_locks where locktype = 'advisory' and not granted`,
            )) as unknown[]
          ).length > 0,
        { describe: 'the list to wait at the barrier' },
      );
      expect(listed).toBe(false);
      commit();
      await late;
      const page = await list;
      expect(page.items.map(({ content }) => content.text)).toEqual(['committed last']);
      expect(page.total).toBe(1);
    });

    it('shows what changes, appears and goes during a crawl as it should: once, not, and no more', async () => {
      for (const id of ['a', 'b', 'c', 'd', 'e']) await put('CRAWL', id, 'old');
      const first = await listDocuments(database, notes, { scopes: ['CRAWL'], limit: 2 });
      for (const id of ['a', 'd']) await put('CRAWL', id, 'new');
      await put('CRAWL', 'f', 'new');
      await database.transaction((transaction) => notes.remove(transaction, 'CRAWL', 'c'));
      const second = await listDocuments(database, notes, { scopes: ['CRAWL'], limit: 2, position: first.next ?? {} });
      const shown = [...first.items, ...second.items].map(({ id, content }) => `${id} ${content.text}`);
      expect(shown).toEqual(['A old', 'B old', 'D new', 'E old']);
      expect([first.total, second.total, second.next]).toEqual([5, 5, null]);
    });

    it('is the same as texts, and of an empty scope empty with a total of 0', async () => {
      for (const id of ['a', 'b', 'c']) await put('TEXT', id, `"${id}"`);
      const query = { scopes: ['TEXT'], limit: 2 };
      const [documents, texts] = [await listDocuments(database, notes, query), await listTexts(database, notes, query)];
      expect(texts.items.map((text): unknown => JSON.parse(text))).toEqual(
        documents.items.map(({ content }) => content),
      );
      expect([texts.total, texts.next]).toEqual([3, documents.next]);
      const rest = { ...query, position: texts.next ?? {} };
      expect((await listTexts(database, notes, rest, 'text')).items).toEqual([JSON.stringify('"c"')]);
      expect(await listTexts(database, notes, { ...query, scopes: ['NONE'] })).toEqual({
        items: [],
        total: 0,
        next: null,
      });
    });

    it('shows a reader what is for all and what is its own, and nothing of other scopes', async () => {
      await put('READ', 'all', 'x');
      await put('READ', 'mine', 'x', 'me');
      await put('READ', 'yours', 'x', 'you');
      await put('OTHER', 'mine', 'x', 'me');
      const ids = async (query: object) =>
        (await listDocuments(database, notes, { scopes: ['READ'], limit: 10, ...query })).items.map(({ id }) => id);
      expect(await ids({ reader: 'me' })).toEqual(['ALL', 'MINE']);
      expect(await ids({ reader: 'me', onlyOwn: true })).toEqual(['MINE']);
      expect(await ids({})).toEqual(['ALL', 'MINE', 'YOURS']);
      for (const position of [{}, { place: '1; drop', bound: '2', total: 1 }, { place: 1, bound: 2, total: 1 }]) {
        await expect(ids({ position })).rejects.toMatchObject({ code: 'invalid_parameter' });
      }
    });
  });

  it('a projection takes newer revisions only, a removal included, in every order', async () => {
    const copies = new ProjectionTable<{ text: string }>('copy', []);
    const steps = [
      (transaction: Transaction, key: string) => copies.apply(transaction, key, 1, { text: 'one' }),
      (transaction: Transaction, key: string) => copies.remove(transaction, key, 2),
      (transaction: Transaction, key: string) => copies.apply(transaction, key, 3, { text: 'three' }),
    ];
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const key = order.join();
      for (const step of order) await database.transaction(async (transaction) => steps[step]?.(transaction, key));
      expect(await copies.find(database.reader, key)).toEqual({ revision: 3, content: { text: 'three' } });
    }
    await database.transaction((transaction) => copies.remove(transaction, 'gone', 2));
    expect(await database.transaction((transaction) => copies.apply(transaction, 'gone', 1, { text: 'old' }))).toBe(
      false,
    );
    expect(await copies.find(database.reader, 'gone')).toBeNull();
  });

  it('a lease has one owner, who may prolong it, until it is released or expires', async () => {
    const leases = new Leases(database);
    const owners = Array.from({ length: 8 }, () => randomUUID());
    const won = await Promise.all(owners.map((owner) => leases.acquire('duty', owner, 60_000)));
    expect(won.filter(Boolean)).toHaveLength(1);
    const owner = owners[won.indexOf(true)] ?? '';
    const other = owners[won.indexOf(false)] ?? '';
    expect(await leases.acquire('duty', owner, 60_000)).toBe(true);
    await leases.release('duty', other);
    expect(await leases.acquire('duty', other, 60_000)).toBe(false);
    await leases.acquire('duty', owner, 1);
    await waitUntil(() => leases.acquire('duty', other, 60_000), { describe: 'the lease to expire' });
    await leases.release('duty', other);
    expect(await leases.acquire('duty', owner, 1)).toBe(true);
  });

  it('runs what is to follow a commit after it, and never after a rollback', async () => {
    const ran: string[] = [];
    await database.transaction(async (transaction) => {
      const hook = () => ran.push('committed');
      database.afterCommit(transaction, hook);
      database.afterCommit(transaction, hook);
      expect(ran).toEqual([]);
    });
    const failing = database.transaction(async (transaction) => {
      database.afterCommit(transaction, () => ran.push('rolled back'));
      await put('ROLL', 'other', 'kept');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(ran).toEqual(['committed']);
  });
});
