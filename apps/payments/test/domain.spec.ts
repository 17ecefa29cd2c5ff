import { describe, expect, it } from '@jest/globals';
import { withCdr, withSession, withStart, withStartResult } from '../src/domain/facts.js';
import { canBeGuessed, lastFourDigits } from '../src/domain/receipt-access.js';
import { type Facts, NO_FACTS, reconcile } from '../src/domain/reconciliation.js';
import { permutations } from './payments-bench.js';

describe('what is known of a charge', () => {
  const first = '2026-03-02T10:00:00.000Z';
  const then = '2026-03-02T10:01:00.000Z';
  const last = '2026-03-02T10:02:00.000Z';

  it('is the same for every order of several attempts, sessions and CDRs under one reference', () => {
    const session = { status: 'ACTIVE', endedAt: null, kwh: 0 } as const;
    const cdr = { country_code: 'DE', party_id: 'VLT', total: '1', currency: 'EUR' };
    const steps: ((facts: Facts) => Facts)[] = [
      (facts) => withStart(facts, { commandId: 'a', acceptedAt: first }),
      (facts) => withStartResult(facts, { commandId: 'a', result: 'TIMEOUT', completedAt: then }),
      (facts) => withStartResult(facts, { commandId: 'b', result: 'FAILED', completedAt: last }),
      (facts) => withSession(facts, { ...session, id: 'S1', revision: 9, startedAt: first }),
      (facts) => withSession(facts, { ...session, id: 'S2', revision: 1, startedAt: then }),
      (facts) => withCdr(facts, { ...cdr, id: 'C2', createdAt: last }),
    ];
    const ends = new Set(
      [...permutations(steps)].map((order) => JSON.stringify(order.reduce((facts, step) => step(facts), NO_FACTS))),
    );
    expect(ends.size).toBe(1);
    expect([...ends][0]).toContain('"result":"FAILED"');
    expect([...ends][0]).toContain('"id":"S2"');
  });

  it('is an open authorisation again while a further attempt runs after a failed one', () => {
    const failed = withStartResult(withStart(NO_FACTS, { commandId: 'a', acceptedAt: first }), {
      commandId: 'a',
      result: 'EVSE_OCCUPIED',
      completedAt: then,
    });
    expect(reconcile(failed).state).toBe('NOT_STARTED');
    expect(reconcile(withStart(failed, { commandId: 'b', acceptedAt: last })).state).toBe('AUTHORISED');
  });
});

describe('access to a receipt', () => {
  it('is by the address alone only where the reference cannot be guessed', () => {
    expect(['4711', 'AUTH-0001', '202603021000001234567890', 'aaaaaaaaaaaaaaaaaaaaaaaa'].map(canBeGuessed)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(canBeGuessed('7f3c9a1e-52d0-4b68-9e1f-0a6b8c2d4e5f')).toBe(false);
  });

  it('finds the digits of the card in the forms that terminals print', () => {
    expect(
      lastFourDigits([
        'VISA XXXX XXXX XXXX 1234',
        'xxxx-5678',
        '••••9012',
        '************3456',
        'AUTH 123456',
        '4111111111111111',
      ]),
    ).toEqual(['1234', '5678', '9012', '3456']);
  });
});
