import { describe, expect, it } from '@jest/globals';
import { aToken } from '@voltap/ocpi/testkit';
import type { Command, CommandOutcome } from '../src/domain/command.js';
import { type EarlierStart, repetitionOf } from '../src/domain/repetition.js';

const DEADLINE = new Date('2026-03-02T10:01:00Z');
const at = (seconds: number) => new Date(DEADLINE.getTime() + seconds * 1000);

function outcome(result: CommandOutcome['result']['result'], decidedBy: CommandOutcome['decidedBy']): CommandOutcome {
  return { result: { result }, decidedBy, completedAt: DEADLINE, orphans: 'stop' };
}

function aStart(changes: Partial<Command> = {}, sessions: EarlierStart['sessions'] = []): EarlierStart {
  const command: Command = {
    id: 'c1',
    kind: 'START_SESSION',
    origin: 'PARTNER',
    partnerId: 'partner-1',
    country_code: 'DE',
    party_id: 'VLT',
    subject: 'R L1 E1',
    idTag: 'VT1',
    authorization_reference: 'R',
    token: aToken(),
    location_id: 'L1',
    evse_uid: 'E1',
    connector_id: '1',
    session_id: null,
    tariff: null,
    acceptedAt: at(-60),
    deadline: DEADLINE,
    timeoutSeconds: 64,
    revision: 1,
    outcome: null,
    lateAnswer: null,
    handedOut: true,
    orphan: null,
    reservation: null,
    expiry: null,
    awaited: false,
    ...changes,
  };
  return { command, sessions };
}

const kindOf = (earlier: EarlierStart[], seconds = 0, subject = 'R L1 E1') => {
  const repetition = repetitionOf(subject, earlier, at(seconds), 300_000);
  return repetition.kind === 'refused' ? repetition.reason : repetition.kind;
};

describe('a start with a reference that was used before', () => {
  const timedOut = { outcome: outcome('TIMEOUT', 'DEADLINE') };

  it('is the same start while that one runs or when it succeeded, and refused at another target (CMD-30)', () => {
    for (const standing of [{}, { outcome: outcome('ACCEPTED', 'BACK_END') }]) {
      expect(kindOf([aStart(standing)])).toBe('same');
      expect(kindOf([aStart(standing)], 0, 'R L1 E2')).toBe('referenceInUse');
    }
  });

  it('is a new attempt after a refusal, also a late one, and when nobody ever got the first', () => {
    expect(kindOf([])).toBe('new');
    expect(kindOf([aStart({ outcome: outcome('EVSE_OCCUPIED', 'BACK_END') })])).toBe('new');
    expect(kindOf([aStart({ ...timedOut, lateAnswer: { result: 'REJECTED' } })])).toBe('new');
    expect(kindOf([aStart({ ...timedOut, handedOut: false })])).toBe('new');
  });

  it('waits while the first, unanswered, may still begin to charge', () => {
    expect(kindOf([aStart(timedOut)], 299)).toBe('unsettled');
    expect(kindOf([aStart({ ...timedOut, lateAnswer: { result: 'ACCEPTED' } })], 10)).toBe('unsettled');
    expect(kindOf([aStart(timedOut)], 300)).toBe('new');
  });

  it('waits while the first charges, and is refused for ever once the partner has seen that charge', () => {
    const session = (status: string, partnerId: string | null) => [{ status, partnerId }];
    expect(kindOf([aStart(timedOut, session('ACTIVE', null))], 9_999)).toBe('unsettled');
    expect(kindOf([aStart(timedOut, session('INVALID', 'partner-1'))], 9_999)).toBe('referenceInUse');
    expect(kindOf([aStart(timedOut, session('INVALID', null))])).toBe('new');
  });

  it('heeds every earlier attempt, not only the last', () => {
    const refused = aStart({ id: 'c2', outcome: outcome('REJECTED', 'BACK_END') });
    expect(kindOf([refused, aStart(timedOut)], 10)).toBe('unsettled');
    expect(kindOf([refused, aStart()])).toBe('same');
  });
});
