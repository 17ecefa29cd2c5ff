import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { BackEndCdrView, CdrView } from '@voltap/contracts/back-office';
import { aCdr } from '@voltap/ocpi/testkit';
import { voltap } from '../src/program.js';
import { startBackOfficeDouble } from './back-office-double.js';

const OWN: BackEndCdrView = {
  country_code: 'DE',
  party_id: 'VLT',
  sessionId: 'S-1',
  state: 'DIFFERENT',
  cause: 'taxes_missing',
  message: 'It is the amount before taxes.',
  differences: [{ pointer: '/cdr/total_cost/taxes', stated: '0', calculated: '1.19', difference: '-1.19' }],
  repriced: null,
  problem: null,
  cdrId: 'C-1',
  receivedAt: '2026-03-02T12:00:00.000Z',
  cdr: { total_cost: { before_taxes: 6.25, taxes: [] } },
};
const VIEW: CdrView = { partnerId: 'payter', acceptedAt: null, location: null, cdr: aCdr({ id: 'C-1' }), backEnd: OWN };

describe('voltap cdrs', () => {
  const opened: { close(): Promise<unknown> }[] = [];
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltap-cdrs-'));
    await writeFile(join(folder, 'own.json'), JSON.stringify(OWN.cdr));
  });
  afterAll(() => rm(folder, { recursive: true }));
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  async function run(...words: string[]): Promise<{ printed: string; asked: string[]; failure: string | null }> {
    const asked: string[] = [];
    const printed: string[] = [];
    const backOffice = await startBackOfficeDouble((path, { method }) => {
      asked.push(`${method} ${path}`);
      if (path.startsWith('/cdrs/')) return { status: 200, body: VIEW };
      return { status: 200, body: method === 'PUT' ? OWN : { items: [OWN], next: null } };
    });
    opened.push(backOffice);
    const terminal = { print: (text: string) => printed.push(text), tell: () => undefined, input: async () => '' };
    const program = voltap(terminal, { VOLTAP_API_KEY: 'key' });
    const ended = program.parseAsync(['--url', backOffice.url, 'cdrs', ...words], { from: 'user' });
    const failure = await ended.then(
      () => null,
      (error: Error) => error.message,
    );
    return { printed: printed.join('\n'), asked, failure };
  }

  it("show tells what the back-end's own CDR says otherwise", async () => {
    const { printed } = await run('show', 'DE*VLT', 'C-1');
    expect(printed).toMatch(/back-end +different, taxes_missing: It is the amount before taxes\./);
    expect(printed).toContain('/cdr/total_cost/taxes: 0 instead of 1.19');
  });

  it('compare hands one in, and fails where it differs', async () => {
    const { asked, printed, failure } = await run('compare', 'DE*VLT', 'S-1', join(folder, 'own.json'));
    expect(asked).toEqual(['PUT /back-end-cdrs/DE/VLT/S-1']);
    expect(printed).toContain('different, taxes_missing');
    expect(failure).toBe("The back-end's CDR of S-1 is not ours.");
    expect((await run('compare', 'DE*VLT', 'S-1', join(folder, 'none.json'))).failure).toContain('none.json');
  });

  it('differences lists them by cause', async () => {
    const { asked, printed } = await run('differences', '--cause', 'taxes_missing');
    expect(asked[0]).toContain('state=DIFFERENT&cause=taxes_missing');
    expect(printed).toMatch(/DE\*VLT +S-1 +C-1 +taxes_missing/);
  });
});
