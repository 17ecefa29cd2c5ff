import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Location } from '@voltap/ocpi/model';
import { aLocation, aPartnerCaller } from '@voltap/ocpi/testkit';
import { parseNextLink } from '@voltap/ocpi/transport';
import { callsTo } from '@voltap/platform/testing';
import { type Envelope, type LocationsBench, locationsBench } from './locations-bench.js';

describe('a crawl of the locations', () => {
  let bench: LocationsBench;

  beforeAll(async () => {
    bench = await locationsBench();
  });

  afterAll(() => bench?.platform.close());

  /** All pages of a list by `Link`, with what the first said of the total. */
  async function crawl(query: string, party = 'VLT'): Promise<{ seen: Location[]; total: number; pages: number }> {
    const { service, platform } = bench;
    const caller = platform.callerHeaders(aPartnerCaller({ parties: [`DE*${party}`], publicUrl: service.url }));
    const get = callsTo({ url: '' }, caller);
    const seen: Location[] = [];
    let total = -1;
    let pages = 0;
    let url: string | undefined = `${service.url}/ocpi/cpo/2.3.0/locations${query}`;
    while (url !== undefined) {
      const page: Awaited<ReturnType<typeof get<Envelope<Location[]>>>> = await get('GET', url);
      expect(page.body.status_code).toBe(1000);
      expect(page.headers.get('x-limit')).toBe('500');
      if (pages === 0) total = Number(page.headers.get('x-total-count'));
      expect(Number(page.headers.get('x-total-count'))).toBe(total);
      seen.push(...page.body.data);
      pages += 1;
      url = parseNextLink(page.headers.get('link') ?? undefined);
    }
    return { seen, total, pages };
  }

  it('shows each location once and misses none, while others write all the time (PAG-06, PAG-11)', async () => {
    const party = 'CRW';
    const ids = Array.from({ length: 60 }, (_, index) => `L${index}`);
    for (const id of ids) await bench.put(aLocation({ id, party_id: party }));
    let writing = true;
    let created = 0;
    const writer = async (seed: number): Promise<void> => {
      for (let round = 0; writing; round += 1) {
        const index = (round * 17 + seed * 29) % ids.length;
        await bench.put(aLocation({ id: ids[index] ?? '', party_id: party, name: `${seed} ${round}` }));
        if (round % 10 === 0) {
          created += 1;
          await bench.put(aLocation({ id: `NEW${seed}-${round}`, party_id: party }));
        }
      }
    };
    const writers = [1, 2, 3].map(writer);
    try {
      for (const limit of [1, 7, 20, 59]) {
        const { seen, total } = await crawl(`?limit=${limit}`, party);
        const shown = seen.map(({ id }) => id);
        expect(shown).toHaveLength(new Set(shown).size);
        expect(shown).toEqual(expect.arrayContaining(ids));
        expect(shown).toHaveLength(total);
      }
    } finally {
      writing = false;
      await Promise.all(writers);
    }
    expect(created).toBeGreaterThan(0);
  });

  it('by date shows, poll after poll, every change, whenever it was committed (OFF-02)', async () => {
    const party = 'POL';
    const ids = Array.from({ length: 12 }, (_, index) => `P${index}`);
    for (const id of ids) await bench.put(aLocation({ id, party_id: party }));
    const latest = new Map<string, string>();
    let writing = true;
    // Imports are long transactions: what they stamp first is committed last.
    const writer = async (seed: number): Promise<void> => {
      for (let round = 0; writing; round += 1) {
        const batch = ids
          .filter((_, index) => index % 3 === seed)
          .map((id) => aLocation({ id, party_id: party, name: `${seed}.${round}` }));
        await bench.import(JSON.stringify(batch));
        for (const { id, name } of batch) latest.set(id, name ?? '');
      }
    };
    const writers = [0, 1, 2].map(writer);
    const known = new Map<string, { name: string; at: string }>();
    let from = new Date(0).toISOString();
    const poll = async (): Promise<void> => {
      const asked = new Date().toISOString();
      const { seen } = await crawl(`?limit=5&date_from=${from}`, party);
      for (const { id, name, last_updated } of seen) known.set(id, { name: name ?? '', at: last_updated });
      from = asked;
    };
    try {
      for (let round = 0; round < 15; round += 1) await poll();
    } finally {
      writing = false;
      await Promise.all(writers);
    }
    await poll();
    expect(new Map([...known].map(([id, { name }]) => [id, name]))).toEqual(latest);
  });

  it('finds by date a location of which only the status of an EVSE has changed (LOC-05)', async () => {
    const party = 'STA';
    for (const id of ['S1', 'S2']) await bench.put(aLocation({ id, party_id: party }));
    const since = new Date().toISOString();
    const report = { country_code: 'DE', party_id: party, location_id: 'S1', evse_uid: 'E1', status: 'CHARGING' };
    expect((await bench.backEnd('POST', '/api/v1/evse-statuses', report)).status).toBe(200);
    const { seen } = await crawl(`?date_from=${since}`, party);
    expect(seen.map(({ id, evses }) => [id, evses?.[0]?.status])).toEqual([['S1', 'CHARGING']]);
  });

  it('takes date_from as inclusive and date_to as exclusive, offset, and a limit that is too large (PAG-02, PAG-03, PAG-04, PAG-12, PAG-13)', async () => {
    const party = 'DAT';
    const stamps: string[] = [];
    for (const id of ['D1', 'D2', 'D3']) {
      stamps.push((await bench.put(aLocation({ id, party_id: party }))).body.location.last_updated);
    }
    const [, second, third] = stamps;
    const shown = async (query: string) => (await crawl(query, party)).seen.map(({ id }) => id);
    expect(await shown(`?date_from=${second}`)).toEqual(['D2', 'D3']);
    expect(await shown(`?date_from=${second}&date_to=${third}`)).toEqual(['D2']);
    expect(await shown(`?date_to=${second}`)).toEqual(['D1']);
    expect(await shown('?offset=1&limit=1')).toEqual(['D2', 'D3']);
    expect(await crawl('?offset=9', party)).toMatchObject({ seen: [], total: 3 });
    expect(await crawl('?limit=100000', party)).toMatchObject({ total: 3, pages: 1 });
    const headers = bench.platform.callerHeaders(aPartnerCaller());
    const get = callsTo(bench.service, headers);
    for (const query of ['limit=0', 'offset=-1', 'date_from=yesterday', 'cursor=bm90LW91cnM']) {
      expect((await get<Envelope<unknown>>('GET', `/ocpi/cpo/2.3.0/locations?${query}`)).body.status_code).toBe(2001);
    }
  });
});
