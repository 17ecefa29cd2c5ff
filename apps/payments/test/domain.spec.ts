import { describe, expect, it } from '@jest/globals';
import { decimal } from '@voltap/kernel';
import {
  acceptedAtOf,
  type Facts,
  NO_FACTS,
  withCdr,
  withCdrAccepted,
  withCredit,
  withPayout,
  withSession,
  withStart,
  withStartResult,
} from '../src/domain/facts.js';
import { dueAt, figuresOf } from '../src/domain/figures.js';
import { canBeGuessed, lastFourDigits } from '../src/domain/receipt-access.js';
import { reconcile } from '../src/domain/reconciliation.js';
import { permutations } from './payments-bench.js';

describe('what is known of a charge', () => {
  const first = '2026-03-02T10:00:00.000Z';
  const then = '2026-03-02T10:01:00.000Z';
  const last = '2026-03-02T10:02:00.000Z';

  it('is the same for every order of several attempts, sessions and CDRs under one reference', () => {
    const place = { party: 'DE*VLT', location_id: 'L1', evse_uid: 'E1' };
    const session = { status: 'ACTIVE', endedAt: null, kwh: 0, shown: null, ...place } as const;
    const party = { country_code: 'DE', party_id: 'VLT' };
    const cdr = { ...party, total: '1', beforeTaxes: '1', roundedByLine: '1', limit: null, currency: 'EUR' };
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

  it('tells the acceptance of the CDR that counts from those of a CDR that was corrected, in every order', () => {
    const cdr = { country_code: 'DE', party_id: 'VLT', beforeTaxes: '1', roundedByLine: '1', limit: null };
    const money = { ...cdr, total: '1', currency: 'EUR' };
    const known: ((facts: Facts) => Facts)[] = [
      (facts) => withCdr(facts, { ...money, id: 'C1', createdAt: first }),
      (facts) => withCdrAccepted(facts, { cdrId: 'C1', acceptedAt: then }),
      (facts) => withCredit(facts, { id: 'C1-CR', of: 'C1', total: '-1' }),
      (facts) => withCdrAccepted(facts, { cdrId: 'C1-CR', acceptedAt: last }),
      (facts) => withCdr(facts, { ...money, id: 'C2', createdAt: last }),
    ];
    for (const order of permutations(known)) {
      const facts = order.reduce((before, step) => step(before), NO_FACTS);
      expect([acceptedAtOf(facts), reconcile(facts, decimal(0)).state]).toEqual([null, 'CDR_SENT']);
    }
    const later = '2026-03-02T10:03:00.000Z';
    const accepted = (facts: Facts) => withCdrAccepted(facts, { cdrId: 'c2', acceptedAt: later });
    for (const order of permutations([...known, accepted])) {
      const facts = order.reduce((before, step) => step(before), NO_FACTS);
      expect([acceptedAtOf(facts), reconcile(facts, decimal(0)).state]).toEqual([later, 'CDR_ACCEPTED']);
    }
    // Facts from before acceptances were told apart.
    const old = (cdrAcceptedAt: string) => ({
      ...withCdr(NO_FACTS, { ...money, id: 'C2', createdAt: then }),
      cdrAcceptedAt,
    });
    expect([acceptedAtOf(old(first)), acceptedAtOf(old(last))]).toEqual([null, last]);
  });

  it('is an open authorisation again while a further attempt runs after a failed one', () => {
    const failed = withStartResult(withStart(NO_FACTS, { commandId: 'a', acceptedAt: first }), {
      commandId: 'a',
      result: 'EVSE_OCCUPIED',
      completedAt: then,
    });
    expect(reconcile(failed, decimal(0)).state).toBe('NOT_STARTED');
    expect(reconcile(withStart(failed, { commandId: 'b', acceptedAt: last }), decimal(0)).state).toBe('AUTHORISED');
  });
});

describe('the money of a charge', () => {
  const cdr: NonNullable<Facts['cdr']> = {
    id: 'C1',
    country_code: 'DE',
    party_id: 'VLT',
    total: '12.01',
    beforeTaxes: '10.09',
    roundedByLine: '12.02',
    limit: '10',
    currency: 'EUR',
    createdAt: '2026-03-02T11:00:00.000Z',
  };
  const confirmation = (captured: string, status: 'SUCCESS' | 'PARTIAL_SUCCESS' | 'FAILED' = 'SUCCESS'): Facts => ({
    ...NO_FACTS,
    cdr,
    session: {
      id: 'S1',
      status: 'COMPLETED',
      revision: 2,
      startedAt: '2026-03-02T10:00:00.000Z',
      endedAt: '2026-03-02T10:59:00.000Z',
      kwh: 20,
      party: 'DE*VLT',
      location_id: 'L1',
      evse_uid: 'E1',
      shown: '11.9',
    },
    confirmation: {
      id: 'F1',
      captured,
      currency: 'EUR',
      status,
      message: null,
      lastUpdated: '2026-03-02T11:05:00.000Z',
      receivedAt: '2026-03-02T11:06:00.000Z',
      cardLastFour: [],
    },
  });
  const verdict = (facts: Facts, tolerance = '0') => {
    const { state, differences } = reconcile(facts, decimal(tolerance));
    return [state, ...differences.map(({ code, amount }) => `${code} ${amount}`)];
  };

  it('differs for the cause that explains it to the cent', () => {
    expect(verdict(confirmation('12.01'))).toEqual(['MATCHED']);
    expect(verdict(confirmation('12.02'))).toEqual(['DIFFERENT', 'rounded_by_line 0.01']);
    expect(verdict(confirmation('10.09'))).toEqual(['DIFFERENT', 'taxes_missing -1.92']);
    expect(verdict(confirmation('11.9'))).toEqual(['DIFFERENT', 'shown_price_captured -0.11']);
    expect(verdict(confirmation('10', 'PARTIAL_SUCCESS'))).toEqual(['DIFFERENT', 'limit_reached -2.01']);
    expect(verdict(confirmation('10'))).toEqual(['DIFFERENT', 'limit_reached -2.01']);
    expect(verdict(confirmation('9', 'PARTIAL_SUCCESS'))).toEqual(['DIFFERENT', 'partial_capture -3.01']);
    expect(verdict(confirmation('12.5'))).toEqual(['DIFFERENT', 'amount_differs 0.49']);
    expect(verdict(confirmation('0', 'FAILED'))).toEqual(['FAILED', 'capture_failed -12.01']);
  });

  it('agrees within the tolerance, which excuses no failed, partial or taxless capture', () => {
    expect(verdict(confirmation('12.02'), '0.01')).toEqual(['MATCHED', 'rounded_by_line 0.01']);
    expect(verdict(confirmation('12.03'), '0.01')[0]).toBe('DIFFERENT');
    expect(verdict(confirmation('10', 'PARTIAL_SUCCESS'), '5')[0]).toBe('DIFFERENT');
    expect(verdict(confirmation('10.09'), '5')[0]).toBe('DIFFERENT');
  });

  it('is paid out when the payouts add up to the capture', () => {
    const payout = (id: string, amount: string) => ({
      id,
      amount,
      fee: '0.1',
      currency: 'EUR',
      paidAt: '2026-03-05T00:00:00.000Z',
    });
    const paid = (...payouts: ReturnType<typeof payout>[]) =>
      payouts.reduce((facts, each) => withPayout(facts, each), confirmation('12.01'));
    expect(verdict(paid(payout('a', '12'), payout('b', '0.01')))).toEqual(['PAID_OUT']);
    expect(verdict(paid(payout('a', '12'), payout('a', '12')))).toEqual(['DIFFERENT', 'payout_differs -0.01']);
    expect(verdict({ ...paid(payout('a', '12.01')), confirmation: null })).toEqual([
      'DIFFERENT',
      'payout_without_capture 12.01',
    ]);
    expect(verdict({ ...paid(payout('a', '12.01')), cdr: null })[0]).toBe('ENDED');
    const [figures] = figuresOf(paid(payout('a', '12')), decimal(0));
    expect(figures).toEqual({
      currency: 'EUR',
      billed: '12.01',
      captured: '12.01',
      writtenOff: '0',
      paidOut: '12',
      fees: '0.1',
    });
  });

  it('is to be given back in part when a credit leaves less owed than was captured, also when it was billed anew', () => {
    const credit = { id: 'C1-CR', of: 'C1', total: '-12.01' };
    const credited = withCredit(confirmation('12.01'), credit);
    expect(verdict(credited)).toEqual(['DIFFERENT', 'credited_not_refunded 12.01']);
    expect(withCredit(credited, credit)).toBe(credited);
    const anew = withCdr(credited, { ...cdr, id: 'C2', total: '10.09', createdAt: '2026-03-03T11:00:00.000Z' });
    expect(verdict(anew)).toEqual(['DIFFERENT', 'credited_not_refunded 1.92']);
    expect(figuresOf(anew, decimal(0))).toMatchObject([{ billed: '10.09', captured: '12.01' }]);
    expect(figuresOf(withCredit(withCdr(confirmation('12.01'), anew.cdr ?? cdr), credit), decimal(0))).toEqual(
      figuresOf(anew, decimal(0)),
    );
  });

  it('is due when the next step ought to have been taken', () => {
    const patience = { startMinutes: 30, cdrMinutes: 15, confirmationHours: 72, payoutDays: 5 };
    const due = (facts: Facts) => dueAt(facts, reconcile(facts, decimal(0)).state, patience)?.toISOString() ?? null;
    const matched = confirmation('12.01');
    expect(due(matched)).toBe('2026-03-07T11:06:00.000Z');
    expect(due(confirmation('3'))).toBe('2026-03-02T11:06:00.000Z');
    expect(due({ ...matched, confirmation: null, cdrAcceptances: [{ cdrId: 'c1', acceptedAt: first }] })).toBe(
      '2026-03-05T11:00:00.000Z',
    );
    expect(due({ ...matched, confirmation: null })).toBe('2026-03-02T11:15:00.000Z');
    expect(due({ ...matched, confirmation: null, cdr: null })).toBe('2026-03-02T11:14:00.000Z');
    expect(due(withStart(NO_FACTS, { commandId: 'a', acceptedAt: first }))).toBe('2026-03-02T10:30:00.000Z');
  });
  const first = '2026-03-02T10:00:00.000Z';
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
