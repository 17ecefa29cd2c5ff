import { describe, expect, it } from '@jest/globals';
import { type Evidence, violations } from './evidence.js';

const REFERENCE = 'ref-1';
const WHOLE: Evidence = {
  partner: {
    commands: [
      { callbackId: 'cb-1', command: 'START_SESSION', reference: REFERENCE, results: ['{"result":"ACCEPTED"}'] },
    ],
    charges: [{ reference: REFERENCE, phase: 'SETTLED' }],
    sessions: [{ id: 'S1', reference: REFERENCE, status: 'COMPLETED' }],
    cdrs: [{ id: 'C1', sessionId: 'S1', reference: REFERENCE, sent: ['{"id":"C1"}'] }],
    confirmations: [{ id: 'F1', reference: REFERENCE, accepted: true }],
    complaints: [],
  },
  commands: [{ id: 'one', kind: 'START_SESSION', reference: REFERENCE, result: 'ACCEPTED' }],
  sessions: [{ id: 'S1', reference: REFERENCE, status: 'COMPLETED' }],
  cdrs: [{ id: 'C1', sessionId: 'S1', reference: REFERENCE, accepted: true }],
  confirmations: [{ id: 'f1', reference: 'REF-1' }],
  reconciliations: [{ reference: 'REF-1', state: 'MATCHED' }],
  projections: [
    {
      name: 'commands.tariff_projection',
      source: [{ key: 'DE*VLT*T1', revision: 3 }],
      rows: [{ key: 'DE*VLT*T1', revision: 3 }],
      firstStateOnly: false,
    },
    {
      name: 'sessions.start_command',
      source: [{ key: 'one', revision: 2 }],
      rows: [{ key: 'one', revision: 1 }],
      firstStateOnly: true,
    },
  ],
  services: [{ name: 'cdrs', outbox: 0, lag: 0, setAside: [] }],
  openDeliveries: 0,
};
const [COMMAND, SESSION, CDR] = [WHOLE.commands[0], WHOLE.sessions[0], WHOLE.cdrs[0]] as [
  Evidence['commands'][0],
  Evidence['sessions'][0],
  Evidence['cdrs'][0],
];
const { partner } = WHOLE;
const [PROMISED, SEEN, RECEIVED] = [partner.commands[0], partner.sessions[0], partner.cdrs[0]] as [
  Evidence['partner']['commands'][0],
  Evidence['partner']['sessions'][0],
  Evidence['partner']['cdrs'][0],
];
const sees = (change: Partial<Evidence['partner']>): Partial<Evidence> => ({ partner: { ...partner, ...change } });
const projected = (rows: Evidence['projections'][0]['rows']): Partial<Evidence> => ({
  projections: [{ name: 'p', source: [{ key: 'A', revision: 2 }], rows, firstStateOnly: false }],
});

describe('the evidence of a platform at rest', () => {
  it('shows nothing when every account agrees, whatever the case of ids', () => {
    expect(violations(WHOLE)).toEqual([]);
  });

  it.each<[string, Partial<Evidence>, string]>([
    ['a command without an outcome', { commands: [{ ...COMMAND, result: null }] }, 'START_SESSION one has no outcome'],
    [
      'an outcome that the partner never heard',
      sees({ commands: [{ ...PROMISED, results: [] }] }),
      'was told 0 outcomes',
    ],
    ['two outcomes of a command', sees({ commands: [{ ...PROMISED, results: ['1', '2'] }] }), 'was told 2 outcomes'],
    ['a promise that was forgotten', { commands: [] }, 'was promised and is not known'],
    ['two starts of one charge', { commands: [COMMAND, { ...COMMAND, id: 'two' }] }, 'REF-1 was started twice'],
    ['two sessions of a charge', { sessions: [SESSION, { ...SESSION, id: 'S2' }] }, 'REF-1 has 2 sessions'],
    ['a session without its CDR', { cdrs: [] }, 'session S1 (COMPLETED) has 0 CDRs'],
    ['two CDRs of a session', { cdrs: [CDR, { ...CDR, id: 'C2' }] }, 'session S1 (COMPLETED) has 2 CDRs'],
    ['a CDR before the end', { sessions: [{ ...SESSION, status: 'ACTIVE' }] }, 'session S1 (ACTIVE) has 1 CDRs'],
    ['a session that the partner lacks', sees({ sessions: [] }), 'the partner has session S1 0 times'],
    ['an end that the partner lacks', sees({ sessions: [{ ...SEEN, status: 'ACTIVE' }] }), 'sees session S1 ACTIVE'],
    ['a session that was lost here', { sessions: [] }, 'the partner has session S1, which we have not'],
    ['a CDR that the partner lacks', sees({ cdrs: [] }), 'the partner lacks CDR C1'],
    ['a CDR that was lost here', { cdrs: [] }, 'the partner has CDR C1, which we have not'],
    ['an acceptance that was lost', { cdrs: [{ ...CDR, accepted: false }] }, 'CDR C1 is not known to be accepted'],
    ['two CDRs at the partner', sees({ cdrs: [RECEIVED, { ...RECEIVED, id: 'C2' }] }), 'has 2 CDRs for session S1'],
    ['a CDR with two contents', sees({ cdrs: [{ ...RECEIVED, sent: ['1', '2'] }] }), 'CDR C1 was sent with 2 contents'],
    ['a confirmation that was lost', { confirmations: [] }, 'confirmation F1 of ref-1 is kept 0 times'],
    [
      'a confirmation kept twice',
      { confirmations: [...WHOLE.confirmations, { id: 'F2', reference: REFERENCE }] },
      'confirmation F1 of ref-1 is kept 2 times',
    ],
    [
      'a confirmation refused for ever',
      sees({ confirmations: [{ id: 'F1', reference: REFERENCE, accepted: false }] }),
      'confirmation F1 was never accepted',
    ],
    ['money without a match', { reconciliations: [] }, 'confirmation f1 has 0 matches'],
    [
      'money that differs',
      { reconciliations: [{ reference: REFERENCE, state: 'DIFFERENT' }] },
      'confirmation f1 is DIFFERENT',
    ],
    [
      'two matches',
      { reconciliations: [...WHOLE.reconciliations, ...WHOLE.reconciliations] },
      'confirmation f1 has 2 matches',
    ],
    ['a CDR that nobody paid', { ...sees({ confirmations: [] }), confirmations: [] }, 'has a CDR and no confirmation'],
    ['a projection that lacks an object', projected([]), 'p lacks A'],
    ['a projection that is old', projected([{ key: 'A', revision: 1 }]), 'p shows A in revision 1, it is in 2'],
    [
      'a projection of what was removed',
      projected([
        { key: 'A', revision: 2 },
        { key: 'B', revision: 1 },
      ]),
      'p shows B, which is not there',
    ],
    ['an outbox', { services: [{ name: 'x', outbox: 2, lag: 0, setAside: [] }] }, 'the outbox of x holds 2 events'],
    ['a lag', { services: [{ name: 'x', outbox: 0, lag: 3, setAside: [] }] }, 'x is 3 records behind'],
    [
      'what was set aside',
      { services: [{ name: 'x', outbox: 0, lag: 0, setAside: ['t k: e'] }] },
      'x set aside t k: e',
    ],
    ['an open delivery', { openDeliveries: 1 }, '1 deliveries are open'],
    ['a complaint', sees({ complaints: ['CDR-01 a second CDR'] }), 'the partner complains: CDR-01 a second CDR'],
  ])('shows %s', (_what, change, line) => {
    expect(violations({ ...WHOLE, ...change })).toEqual(expect.arrayContaining([expect.stringContaining(line)]));
  });
});
