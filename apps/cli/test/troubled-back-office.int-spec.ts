import { afterEach, describe, expect, it } from '@jest/globals';
import { SERVICE_NAMES } from '@voltap/contracts/back-office';
import { voltap } from '../src/program.js';
import { type Answers, startBackOfficeDouble } from './back-office-double.js';

const away = (service: string) => ({
  status: 503,
  body: { status: 503, code: 'unavailable', detail: `The service ${service} is away.`, errors: [] },
});

describe('voltap and a back-office in trouble', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

  /** Runs a command against these answers. */
  async function run(answers: Answers, ...words: string[]) {
    const double = await startBackOfficeDouble(answers);
    ends.push(() => double.close());
    const printed: string[] = [];
    const told: string[] = [];
    const terminal = {
      print: (text: string) => void printed.push(text),
      tell: (text: string) => void told.push(text),
      input: async () => '',
    };
    const program = voltap(terminal, { VOLTAP_API_KEY: 'a key' });
    const failure: unknown = await program.parseAsync(['--url', double.url, ...words], { from: 'user' }).then(
      () => null,
      (error: unknown) => error,
    );
    return { printed: printed.join('\n'), told: told.join('\n'), failure };
  }

  it('shows what the services answered that are there, and fails naming those that are away', async () => {
    const projection = { name: 'tariff_projection', topics: ['t'], rows: 3, rebuild: null };
    const { printed, told, failure } = await run(
      (path) => {
        const [, , service = ''] = path.split('/');
        return service === 'cdrs' ? away(service) : { status: 200, body: { items: [projection] } };
      },
      ...['projections', 'list', '--json'],
    );
    const found = (JSON.parse(printed) as { service: string }[]).map(({ service }) => service);
    expect(found).toEqual(SERVICE_NAMES.filter((service) => service !== 'cdrs'));
    expect(told).toMatch(/^cdrs: The service cdrs is away\./);
    expect(failure).toMatchObject({ exitCode: 3, message: 'Not asked: cdrs.' });
  });

  it('calls replay again as long as something was done', async () => {
    const outcomes = [
      { replayed: 500, failed: [], waiting: 700 },
      { replayed: 500, failed: [], waiting: 200 },
      { replayed: 199, failed: [{ id: '9', topic: 't', key: 'k', error: 'still wrong' }], waiting: 1 },
      { replayed: 0, failed: [{ id: '9', topic: 't', key: 'k', error: 'still wrong' }], waiting: 1 },
    ];
    const { printed, told, failure } = await run(
      () => ({ status: 200, body: outcomes.shift() }),
      ...['events', 'replay', 'cdrs', '--all'],
    );
    expect(printed).toBe('1199 replayed, 1 still wait.\nfailed again: 9  t  k\n    still wrong');
    expect(told).toMatch(/^500 replayed, 700 wait …\n1000 replayed, 200 wait …/);
    expect(failure).toMatchObject({ exitCode: 1, message: expect.stringMatching(/1 still wait in cdrs/) });
    expect(outcomes).toEqual([]);
  });

  it('follows a rebuild to its end, and fails when it failed', async () => {
    const progress = { startedAt: 'then', finishedAt: null, eventsLeft: 7, unreadable: 0, error: null };
    const states = [
      { ...progress, state: 'RUNNING', eventsRead: 3 },
      { ...progress, state: 'RUNNING', eventsRead: 8, eventsLeft: 2 },
      { ...progress, state: 'FAILED', finishedAt: 'now', eventsRead: 9, error: 'the log is away' },
    ];
    const { told, failure } = await run(
      (_path, { method }) => {
        const projection = { name: 'p', topics: ['t'], rows: 3, rebuild: states.shift() };
        return { status: 200, body: method === 'POST' ? projection : { items: [projection] } };
      },
      ...['projections', 'rebuild', 'commands', 'p'],
    );
    expect(told).toMatch(/^running: 3 events read, 7 left of this topic\nrunning: 8 events read, 2 left/);
    expect(failure).toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/old rows are served: the log is away/),
    });
  });

  it('tells an answer that is not what the contract says from a refusal', async () => {
    const strange = await run(() => ({ status: 200, body: { items: [{ name: 1 }] } }), 'projections', 'list', 'cdrs');
    expect(strange.failure).toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/items\.0\.name.*Use the voltap of/),
    });
    const other = await run(() => ({ status: 502, body: 'a proxy' }), 'projections', 'list', 'cdrs');
    expect(other.failure).toMatchObject({ message: expect.stringMatching(/HTTP 502, which is no answer of Voltap/) });
  });
});
