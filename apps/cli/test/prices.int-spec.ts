import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aCdr, aSession, aTariff } from '@voltap/ocpi/testkit';
import { CommandFailure } from '../src/failure.js';
import { voltap } from '../src/program.js';

describe('voltap, asked about prices', () => {
  let folder: string;
  const file = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltap-prices-'));
    const tariff = aTariff();
    const dimensions = [{ type: 'ENERGY', volume: 12.5 }];
    const charging_periods = [{ start_date_time: '2026-03-02T10:00:00Z', dimensions }];
    const session = { ...aSession({ kwh: 12.5 }), start_date_time: '2026-03-02T10:00:00Z', charging_periods };
    const documents = {
      tariff,
      night: aTariff({
        elements: [
          { ...tariff.elements[0], restrictions: { start_time: '22:00' } } as (typeof tariff.elements)[number],
        ],
      }),
      session: { ...session, end_date_time: '2026-03-02T11:00:00Z' },
      wrong: { ...session, charging_periods: [{ start_date_time: 'today', dimensions: [] }] },
      cdr: aCdr(),
      dear: aCdr({ total_cost: { before_taxes: 7, taxes: [] } }),
    };
    for (const [name, content] of Object.entries(documents)) await writeFile(file(name), JSON.stringify(content));
    await writeFile(file('text'), 'no JSON');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What it prints, and what is wrong with the exit code. No key, no back-office. */
  async function run(...words: string[]): Promise<{ out: string; failure: string | null; exit: number }> {
    const printed: string[] = [];
    const terminal = { print: (text: string) => void printed.push(text), tell: () => undefined, input: async () => '' };
    try {
      await voltap(terminal).parseAsync(words, { from: 'user' });
      return { out: printed.join('\n'), failure: null, exit: 0 };
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      return { out: printed.join('\n'), failure: error.message, exit: error.exitCode };
    }
  }

  it('prices a session from two files, for people and for programs', async () => {
    const words = ['price', '--tariff', file('tariff'), '--session', file('session')];
    const { out } = await run(...words);
    expect(out).toContain('Energy: 12.5 kWh at 0.5 EUR = 6.25 EUR + VAT 19 % 1.19 = 7.44 EUR');
    expect(JSON.parse((await run('--json', ...words)).out)).toMatchObject({
      totals: { beforeTaxes: '6.25', afterTaxes: '7.44' },
      costs: { total_cost: { before_taxes: 6.25, taxes: [{ name: 'VAT', percentage: 19, amount: 1.19 }] } },
    });
  });

  it('prices a CDR by its own tariff, and ends with 1 where it says otherwise', async () => {
    expect(await run('price', '--cdr', file('cdr'))).toMatchObject({ failure: null });
    const { exit, failure, out } = await run('price', '--cdr', file('dear'));
    expect([exit, failure]).toEqual([
      1,
      `${file('dear')} says otherwise: /total_cost/before_taxes, /total_cost/taxes.`,
    ]);
    expect(out).toMatch(/total_cost\/before_taxes +7 +6.25 +0.75/);
  });

  it('names the file and the field of what is wrong, and ends with 2', async () => {
    const session = ['--session', file('session')];
    expect(await run('price', '--tariff', file('tariff'), '--session', file('wrong'))).toMatchObject({
      exit: 2,
      failure: expect.stringContaining(`${file('wrong')}: /charging_periods/0/start_date_time: must be a DateTime`),
    });
    expect(await run('price', '--tariff', file('night'), ...session)).toMatchObject({
      exit: 2,
      failure: expect.stringMatching(/^--time-zone: is needed/),
    });
    expect(await run('price', '--tariff', file('text'), ...session)).toMatchObject({ exit: 2 });
    expect(await run('price', '--tariff', file('absent'), ...session)).toMatchObject({ exit: 2 });
    expect(await run('price', '--tariff', file('tariff'))).toMatchObject({ exit: 2 });
  });

  it('says how far an amount reaches, and whether a tariff suits terminals', async () => {
    const { out } = await run('purchase', '--tariff', file('tariff'), '--amount', '11.90', '--power', '20');
    expect(out).toBe('11.90 EUR buy 20.008 kWh: 1.0004 h at 20 kW, for 11.90 EUR.');
    expect(await run('tariffs', 'check', file('tariff'))).toMatchObject({ failure: null });
    expect(await run('tariffs', 'check', file('night'), '--languages', 'de')).toMatchObject({
      out: expect.stringContaining('Energy is free whenever the restrictions do not match'),
    });
  });
});
