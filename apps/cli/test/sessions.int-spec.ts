import { afterEach, describe, expect, it } from '@jest/globals';
import type { CommandRecord } from '@voltap/contracts/back-office';
import { CommandFailure } from '../src/failure.js';
import { voltap } from '../src/program.js';
import { startBackOfficeDouble } from './back-office-double.js';

const COMMAND: CommandRecord = {
  commandId: 'c-1',
  type: 'STOP_SESSION',
  partnerId: 'payter',
  origin: 'OPERATOR',
  status: 'COMPLETED',
  authorization_reference: 'REF-1',
  location_id: 'L1',
  evse_uid: 'E1',
  connector_id: null,
  session_id: 'S1',
  reservation: null,
  idTag: 'VT1',
  acceptedAt: '2026-03-02T10:00:00.000Z',
  deadline: '2026-03-02T10:00:36.000Z',
  completedAt: '2026-03-02T10:00:01.000Z',
  decidedBy: 'BACK_END',
  result: { result: 'ACCEPTED' },
  lateAnswer: null,
  orphan: null,
};

describe('voltap sessions and commands', () => {
  const opened: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  async function run(body: unknown, ...words: string[]) {
    const asked: string[] = [];
    const printed: string[] = [];
    const backOffice = await startBackOfficeDouble((path, { method }) => {
      asked.push(`${method} ${path}`);
      return { status: 200, body };
    });
    opened.push(backOffice);
    const terminal = { print: (text: string) => printed.push(text), tell: () => undefined, input: async () => '' };
    const program = voltap(terminal, { VOLTAP_API_KEY: 'key' });
    const failure = await program.parseAsync(['--url', backOffice.url, ...words], { from: 'user' }).then(
      () => null,
      (error: unknown) => error,
    );
    return { printed: printed.join('\n'), asked, failure };
  }

  it('stop waits for the outcome and tells it', async () => {
    const stopped = { answered: true, command: COMMAND, session_status: 'ACTIVE' };
    const { printed, asked, failure } = await run(stopped, 'sessions', 'stop', 'DE', 'VLT', 'S/1', '--wait', '5');
    expect(asked).toEqual(['POST /sessions/DE/VLT/S%2F1/stop?wait=5']);
    expect([printed, failure]).toEqual(['ACCEPTED; the session is ACTIVE.', null]);
  });

  it('stop fails when the charge was not stopped, and says so when there is no answer yet', async () => {
    const result = { result: 'REJECTED' as const, message: [{ language: 'en', text: 'No such charge is running' }] };
    const refused = { answered: true, command: { ...COMMAND, result }, session_status: 'ACTIVE' };
    const failed = await run(refused, 'sessions', 'stop', 'DE', 'VLT', 'S1');
    expect(failed.printed).toBe('REJECTED; the session is ACTIVE. No such charge is running');
    expect(failed.failure).toBeInstanceOf(CommandFailure);
    const open = { ...COMMAND, status: 'ACCEPTED', result: null, decidedBy: null, completedAt: null };
    const silent = await run(
      { answered: false, command: open, session_status: 'ACTIVE' },
      'sessions',
      'stop',
      'DE',
      'VLT',
      'S1',
    );
    expect(silent.printed).toBe('not answered; the session is ACTIVE.');
    expect(String(silent.failure)).toContain('command c-1');
    expect(String((await run(open, 'sessions', 'stop', 'DE', 'VLT', 'S1', '--wait', '61')).failure)).toContain('60');
  });

  it('commands list shows orphans', async () => {
    const orphan = { session_id: 'S9', policy: 'stop', noticedAt: '2026-03-02T10:02:00.000Z', stops: 1 };
    const start = { ...COMMAND, type: 'START_SESSION', origin: 'PARTNER', result: { result: 'TIMEOUT' }, orphan };
    const { printed, asked } = await run({ items: [start], next: null }, 'commands', 'list', '--orphans');
    expect(asked).toEqual(['GET /commands?orphans=true&limit=100']);
    expect(printed).toMatch(/START_SESSION +TIMEOUT +BACK_END +payter +E1 +REF-1 +stop, session S9 +c-1/);
  });

  it('commands list asks for what was wanted at one EVSE, and says when that is nothing', async () => {
    const { printed, asked } = await run({ items: [], next: null }, 'commands', 'list', '--evse', 'E1');
    expect(asked).toEqual(['GET /commands?evse_uid=E1&limit=100']);
    expect(printed).toBe('none');
  });
});
