import { afterEach, describe, expect, it } from '@jest/globals';
import type { PullView } from '@voltap/contracts/back-office';
import { voltap } from '../src/program.js';
import { startBackOfficeDouble } from './back-office-double.js';

const PULL: PullView = {
  partnerId: 'payter',
  state: 'FAILED',
  mode: 'full',
  startedAt: '2026-03-02T10:00:00.000Z',
  endedAt: '2026-03-02T10:00:10.000Z',
  syncedUntil: null,
  nextAt: '2026-03-02T10:05:10.000Z',
  nextFullAt: '2026-03-02T10:00:00.000Z',
  failures: 1,
  counts: { terminals: 12 },
  remarks: [],
  problem: 'no answer within 10 s',
};

describe('voltap pulls', () => {
  const opened: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  async function run(...words: string[]): Promise<{ printed: string; asked: string[] }> {
    const asked: string[] = [];
    const printed: string[] = [];
    const backOffice = await startBackOfficeDouble((path, { method }) => {
      asked.push(`${method} ${path}`);
      if (method === 'POST') return { status: 200, body: { tokens: 3, foreign: 0, invalid: 1, missing: 2 } };
      const success = {
        ...PULL,
        state: 'SUCCEEDED',
        counts: { tokens: 3 },
        problem: null,
        remarks: ['Refused: FR*XYZ.'],
      };
      return { status: 200, body: { items: path.startsWith('/tokens') ? [success] : [PULL] } };
    });
    opened.push(backOffice);
    const terminal = { print: (text: string) => printed.push(text), tell: () => undefined, input: async () => '' };
    const program = voltap(terminal, { VOLTAP_API_KEY: 'key' });
    await program.parseAsync(['--url', backOffice.url, ...words], { from: 'user' });
    return { printed: printed.join('\n'), asked };
  }

  it('list shows terminals and tokens, with what went wrong and what was left out', async () => {
    const { printed, asked } = await run('pulls', 'list');
    expect(asked).toEqual(['GET /terminals/pulls', 'GET /tokens/pulls']);
    expect(printed).toMatch(/terminals +payter .* failed, full +12 terminals +2026-03-02T10:05/);
    expect(printed).toContain('terminals of payter: no answer within 10 s');
    expect(printed).toContain('tokens of payter: Refused: FR*XYZ.');
    expect((await run('pulls', 'list', 'tokens')).asked).toEqual(['GET /tokens/pulls']);
  });

  it('run pulls from one partner now', async () => {
    const { printed, asked } = await run('pulls', 'run', 'tokens', 'payter');
    expect(asked).toEqual(['POST /tokens/pull/payter']);
    expect(printed).toMatch(/invalid +1/);
    expect(JSON.parse((await run('--json', 'pulls', 'run', 'tokens', 'payter')).printed)).toMatchObject({ missing: 2 });
  });
});
