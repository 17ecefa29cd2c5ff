import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PeriodEntryView, ReconciliationView } from '@voltap/contracts/back-office';
import { csv } from '../src/money/csv.js';
import { voltap } from '../src/program.js';

const CHARGE: ReconciliationView = {
  partnerId: 'partner-1',
  authorization_reference: '=cmd("x")',
  state: 'DIFFERENT',
  differences: [{ code: 'taxes_missing', message: 'net, "only"', amount: '-1.19', tolerated: false }],
  party: 'DE*VLT',
  commandId: 'CMD-1',
  startedAt: '2026-03-02T09:59:00.000Z',
  startResult: 'ACCEPTED',
  sessionId: 'S-1',
  sessionStatus: 'COMPLETED',
  cdrId: 'C-1',
  cdrTotal: '7.44',
  cdrAcceptedAt: null,
  confirmationId: 'F-1',
  captured: '-6.25',
  currency: 'EUR',
  location_id: 'L1',
  evse_uid: 'E,1',
  cardLastFour: ['1234', '5678'],
  paidOut: null,
  writtenOff: null,
  dueAt: null,
  updatedAt: '2026-03-02T12:00:00.000Z',
};

describe('the money on the command line', () => {
  const asked: { method: string; path: string; type: string; content: string }[] = [];
  let answer: unknown;
  let folder: string;
  const server = createServer((request, response) => {
    void textOf(request).then((content) => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, path: url, type: headers['content-type'] ?? '', content });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltap-money-'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  async function run(...words: string[]): Promise<string> {
    const printed: string[] = [];
    const terminal = { print: (line: string) => void printed.push(line), tell: () => undefined, input: async () => '' };
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await voltap(terminal, { VOLTAP_API_KEY: 'key' }).parseAsync(['--url', url, ...words], { from: 'user' });
    return printed.join('\n');
  }

  it('becomes a table that a spreadsheet reads as it is, and runs nothing of', async () => {
    answer = { items: [CHARGE], next: null };
    const [head, line] = (await run('reconciliation', 'list', '--overdue', '--card', '1234', '--csv')).split('\r\n');
    expect(asked.at(-1)?.path).toContain('cardLastFour=1234&overdue=true');
    expect(head).toBe(
      'authorization_reference,partnerId,state,currency,cdrTotal,captured,paidOut,differences,startedAt,sessionId,cdrId,confirmationId,location_id,evse_uid,cardLastFour,dueAt,updatedAt',
    );
    expect(line).toBe(
      `"'=cmd(""x"")",partner-1,DIFFERENT,EUR,7.44,-6.25,,taxes_missing,2026-03-02T09:59:00.000Z,S-1,C-1,F-1,L1,"E,1",1234 5678,,2026-03-02T12:00:00.000Z`,
    );
    expect(csv<PeriodEntryView>(['currency', 'correction'], [])).toBe('currency,correction');
  });

  it('tells people of one charge what differs and why', async () => {
    answer = CHARGE;
    const shown = await run('reconciliation', 'show', 'pp-1');
    expect(shown).toMatch(/billed\s+7\.44 EUR, CDR C-1/);
    expect(shown).toMatch(/difference\s+net, "only"/);
    await run('reconciliation', 'write-off', 'pp/1', '--reason', 'too small', '--by', 'Ada');
    expect(asked.at(-1)).toMatchObject({
      method: 'POST',
      path: '/api/v1/reconciliation/pp%2F1/write-off',
      content: '{"reason":"too small","by":"Ada"}',
    });
  });

  it("sends an acquirer's file as it is, and says what remains to be done", async () => {
    const file = join(folder, 'march 1.csv');
    const content = 'Id;Gross\r\n1;1,00\r\n'.repeat(20_000);
    await writeFile(file, content);
    const made = {
      id: 'I-1',
      mapping: 'acq',
      fileName: 'march 1.csv',
      importedBy: 'Ada',
      importedAt: '2026-03-02T12:00:00Z',
    };
    answer = { ...made, lines: 3, known: 2, matched: 1, ambiguous: 1, unmatched: 1, waiting: 7 };
    const said = await run('payouts', 'import', 'acq', file, '--by', 'Ada');
    expect(asked.at(-1)).toEqual({
      method: 'POST',
      path: '/api/v1/payouts/import/acq?fileName=march+1.csv&by=Ada',
      type: 'text/csv',
      content,
    });
    expect(said).toContain('3 new lines: 1 matched, 1 ambiguous, 1 without a charge.');
    expect(said).toContain('7 are still being matched.');
    expect(said).toContain('voltap payouts list --import I-1');
    const before = asked.length;
    await expect(run('payouts', 'import', 'acq', folder, '--by', 'Ada')).rejects.toThrow('cannot be read');
    await expect(run('payouts', 'mapping', 'acq', file)).rejects.toThrow('is no JSON');
    const correct = ['cdrs', 'correct', 'DE*VLT', 'C-1', '--reason', 'wrong tariff', '--by', 'Ada'];
    await expect(run(...correct)).rejects.toThrow('Say what was wrong');
    await expect(run(...correct, '--free', '--ends-at', 'x')).rejects.toThrow('--free leaves nothing');
    await expect(run(...correct, '--ends-at', '2026-03-02T11:00:00Z')).rejects.toThrow('--time-zone is needed');
    await expect(run('periods', 'open', 'DEVLT')).rejects.toThrow('DE*VLT is one');
    expect(asked).toHaveLength(before);
  });

  it('says whether a driver could start, and fails when nobody can', async () => {
    const place = { location_id: 'L1', evse_uid: 'E1', connector_id: '1' };
    const obstacle = { code: 'not_available', message: 'The EVSE is CHARGING.', blocks: true };
    answer = {
      ready: true,
      obstacles: [],
      connectors: [
        { ...place, obstacles: [] },
        { ...place, obstacles: [obstacle] },
      ],
    };
    const shown = await run('terminals', 'ready', 'P-1', 'T/1');
    expect(asked.at(-1)?.path).toBe('/api/v1/terminals/P-1/T%2F1/readiness');
    expect(shown).toContain('Yes, at 1 of 2 connectors.');
    expect(shown).toContain('L1 E1 1: no\n  The EVSE is CHARGING.');
    answer = {
      ready: false,
      obstacles: [{ code: 'nothing_assigned', message: 'No place is assigned to it.', blocks: true }],
      connectors: [],
    };
    await expect(run('terminals', 'ready', 'P-1', 'T-1')).rejects.toMatchObject({ exitCode: 1 });
  });

  it('shows a period with its sums, and what is of no party', async () => {
    const figures = { billed: '7.44', captured: '7', writtenOff: '0', paidOut: '0', fees: '0' };
    const [state, cause] = ['DIFFERENT', 'amount_differs'];
    answer = {
      country_code: 'DE',
      party_id: 'VLT',
      number: 4,
      endsAt: '2026-04-01T00:00:00.000Z',
      closedAt: null,
      closedBy: null,
      totals: [{ currency: 'EUR', charges: 1, corrections: 0, ...figures, open: '0.44' }],
      subtotals: [{ currency: 'EUR', state, cause, charges: 1, corrections: 0, ...figures }],
      unassigned: 2,
    };
    const shown = await run('periods', 'open', 'DE*VLT', '--ends-at', '2026-04-01T00:00:00Z');
    expect(shown).toContain('Period 4 of DE*VLT up to 2026-04-01T00:00:00.000Z, not closed');
    expect(shown).toMatch(/EUR\s+all\s+1\s+7\.44\s+7\s+0\s+0\s+0\s+0\.44/);
    expect(shown).toContain('2 charges are of no party');
  });
});
