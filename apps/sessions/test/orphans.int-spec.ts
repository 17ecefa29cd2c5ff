import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UnboundReportRecord } from '@voltap/contracts/back-office';
import type { Session } from '@voltap/ocpi/model';
import { queryDatabase, waitUntil } from '@voltap/platform/testing';
import { type Envelope, outcomeEvent, type SessionsBench, sessionsBench, startEvent } from './sessions-bench.js';

const COMPLETED = { status: 'COMPLETED', kwh: 5, end_date_time: '2026-03-02T11:00:00Z' };

describe.each([
  ['an undisturbed bus', {}],
  ['a bus that repeats and fails', { deliverTwice: true, failFirst: true }],
])('a start and the charges that claim it, over %s', (_, consumption) => {
  let bench: SessionsBench;

  beforeAll(async () => {
    bench = await sessionsBench(consumption);
  });

  afterAll(() => bench?.platform.close());

  const start = (commandId: string) => bench.platform.publish(startEvent({ commandId, idTag: `VT${commandId}` }));
  const shownToPartner = async () => {
    const { body } = await bench.partner<Envelope<Session[]>>('GET', '/ocpi/cpo/2.3.0/sessions?limit=500');
    return body.data.map(({ id }) => id);
  };

  it('are one: a second session of the same command is refused, kept, and never billed under its reference (CMD-17, CMD-30)', async () => {
    await start('TWO');
    await bench.settled();
    await bench.reported('TWO-A', { commandId: 'TWO' });
    for (const claim of [{ commandId: 'TWO' }, { idTag: 'VTTWO' }]) {
      const second = await bench.report('TWO-B', { ...claim, session: COMPLETED });
      expect([second.status, second.body.code]).toEqual([409, 'conflict']);
      expect(second.body.detail).toContain('TWO-A');
    }
    await bench.reported('TWO-A', { session: COMPLETED });
    await bench.settled();
    expect([bench.endsOf('TWO-A').length, bench.endsOf('TWO-B').length]).toEqual([1, 0]);
    expect((await bench.read('TWO-B')).code).toBe('not_found');
  });

  it('are one also when both were reported before the command was known: the charge that began first has it', async () => {
    const later = { start_date_time: '2026-03-02T10:05:00Z' };
    await bench.report('EARLY-B', { commandId: 'EARLY', session: { ...COMPLETED, ...later } });
    await bench.report('EARLY-A', { idTag: 'VTEARLY', session: COMPLETED });
    await start('EARLY');
    await bench.bound('EARLY-A');
    await bench.settled();
    expect([bench.endsOf('EARLY-A').length, bench.endsOf('EARLY-B').length]).toEqual([1, 0]);
    const again = await bench.report('EARLY-B', { commandId: 'EARLY', session: { ...COMPLETED, ...later } });
    expect(again.status).toBe(409);
  });

  it('that failed for its partner bills nothing: the charge is an orphan that no partner sees, INVALID at its end', async () => {
    await start('LATE');
    await bench.platform.publish(outcomeEvent('LATE', 'TIMEOUT'));
    await bench.settled();
    const running = await bench.reported('LATE', { commandId: 'LATE' });
    expect([running.status, running.total_cost]).toEqual(['ACTIVE', { before_taxes: 0, taxes: [] }]);
    expect(await bench.read('LATE')).toMatchObject({ orphan: 'stop', partnerId: null, commandId: 'LATE' });
    const ended = await bench.report('LATE', { session: COMPLETED });
    expect(ended.body.session).toMatchObject({ status: 'INVALID', kwh: 5, total_cost: { before_taxes: 0 } });
    expect((await bench.report('LATE', { session: COMPLETED })).body).toEqual(ended.body);
    await waitUntil(() => bench.endsOf('LATE').length > 0, { describe: 'its end' });
    expect(bench.endsOf('LATE')[0]?.payload).toMatchObject({ partnerId: null, session: { status: 'INVALID' } });
    expect(await shownToPartner()).not.toContain('LATE');
  });

  it('that fails while its charge runs makes it an orphan from then on, and the partner sees its end', async () => {
    await start('SEEN');
    await bench.settled();
    expect((await bench.reported('SEEN', { commandId: 'SEEN' })).total_cost?.before_taxes).toBe(2.5);
    await bench.platform.publish(outcomeEvent('SEEN', 'TIMEOUT'));
    await waitUntil(async () => (await bench.read('SEEN')).orphan === 'stop', { describe: 'the orphan' });
    const ended = await bench.reported('SEEN', { session: COMPLETED });
    expect([ended.status, ended.total_cost?.before_taxes]).toEqual(['INVALID', 0]);
    await bench.settled();
    expect(bench.endsOf('SEEN').map(({ payload }) => payload.partnerId)).toEqual(['partner-1']);
    expect(bench.changesOf('SEEN').map(({ payload }) => payload.orphan)).toEqual([null, 'stop', 'stop']);
    expect(await shownToPartner()).toContain('SEEN');
  });

  it('that failed is billed where the policy is to bind, unless its reference was tried again', async () => {
    for (const commandId of ['BOUND', 'TRIED']) {
      await start(commandId);
      await bench.platform.publish(outcomeEvent(commandId, 'TIMEOUT', 'bind'));
    }
    const again = { commandId: 'TRIED-2', idTag: 'VTTRIED2', authorization_reference: 'ref-tried' };
    await bench.platform.publish(startEvent({ ...again, acceptedAt: '2026-03-02T10:02:00.000Z' }));
    await bench.settled();
    await bench.reported('BOUND', { commandId: 'BOUND', session: COMPLETED });
    await bench.reported('TRIED', { commandId: 'TRIED', session: COMPLETED });
    expect(await bench.read('BOUND')).toMatchObject({
      orphan: 'bind',
      partnerId: 'partner-1',
      session: { status: 'COMPLETED', authorization_reference: 'REF-BOUND' },
    });
    expect(await bench.read('TRIED')).toMatchObject({
      orphan: 'stop',
      partnerId: null,
      session: { status: 'INVALID' },
    });
  });

  it('that succeeded has an ordinary charge', async () => {
    await start('GOOD');
    await bench.platform.publish(outcomeEvent('GOOD', 'ACCEPTED'));
    await bench.settled();
    await bench.reported('GOOD', { commandId: 'GOOD', session: COMPLETED });
    expect(await bench.read('GOOD')).toMatchObject({ orphan: null, partnerId: 'partner-1' });
  });

  it('keeps the fields that we do not know, from the report to the partner (FMT-20)', async () => {
    await bench.report('EXTRA', {
      commandId: 'EXTRA',
      session: { x_tou: { band: 'night' }, total_cost: 'ours', kwh: 1 },
    });
    await start('EXTRA');
    await bench.bound('EXTRA');
    const session = await bench.reported('EXTRA', { session: { x_seen: [1, 2] } });
    expect(session).toMatchObject({ x_tou: { band: 'night' }, x_seen: [1, 2], total_cost: { before_taxes: 2.5 } });
    const { body } = await bench.partner<Envelope<Session[]>>('GET', '/ocpi/cpo/2.3.0/sessions?limit=500');
    expect(body.data.find(({ id }) => id === 'EXTRA')).toMatchObject({ x_tou: { band: 'night' }, x_seen: [1, 2] });
  });

  it('of a reservation goes on under the start that uses it, and ends as it is when unused (SES-21, SES-22)', async () => {
    const reserve = (commandId: string, idTag: string) =>
      bench.platform.publish(startEvent({ commandId, idTag, type: 'RESERVE_NOW' }));
    const waiting = { status: 'RESERVATION', kwh: 0 };
    await reserve('RES-1', 'VTRES1');
    await reserve('RES-2', 'VTRES2');
    await bench.settled();
    expect((await bench.reported('USED', { idTag: 'VTRES1', session: waiting })).status).toBe('RESERVATION');
    await bench.reported('UNUSED', { commandId: 'RES-2', session: waiting });
    await bench.platform.publish(startEvent({ commandId: 'USES-1', idTag: 'VTRES1' }));
    await bench.settled();
    const charging = await bench.reported('USED', { idTag: 'VTRES1' });
    expect(charging).toMatchObject({ status: 'ACTIVE', authorization_reference: 'REF-USES-1' });
    expect(await bench.read('USED')).toMatchObject({ commandId: 'USES-1', partnerId: 'partner-1' });
    expect((await bench.report('OTHER', { commandId: 'USES-1' })).status).toBe(409);
    const unused = await bench.reported('UNUSED', { session: { ...COMPLETED, kwh: 0 } });
    expect([unused.status, unused.auth_method]).toEqual(['COMPLETED', 'COMMAND']);
    // What charges under the tag of a reservation belongs to a start, also when that is not known yet.
    await reserve('RES-3', 'VTRES3');
    await bench.settled();
    expect((await bench.report('AHEAD', { idTag: 'VTRES3' })).body.bound).toBe(false);
    await bench.platform.publish(startEvent({ commandId: 'USES-3', idTag: 'VTRES3' }));
    expect(await bench.bound('AHEAD')).toMatchObject({ commandId: 'USES-3' });
  });

  it('that failed is not billed when it would have used a reservation', async () => {
    await bench.platform.publish(startEvent({ commandId: 'RES-4', idTag: 'VTRES4', type: 'RESERVE_NOW' }));
    await bench.settled();
    await bench.reported('DENIED', { idTag: 'VTRES4', session: { status: 'RESERVATION', kwh: 0 } });
    await bench.platform.publish(startEvent({ commandId: 'FAILS-4', idTag: 'VTRES4' }));
    await bench.platform.publish(outcomeEvent('FAILS-4', 'FAILED'));
    await bench.settled();
    expect((await bench.reported('DENIED', { idTag: 'VTRES4' })).total_cost?.before_taxes).toBe(0);
    expect(await bench.read('DENIED')).toMatchObject({ orphan: 'stop', commandId: 'FAILS-4' });
    const ended = await bench.reported('DENIED', { session: COMPLETED });
    expect([ended.status, ended.total_cost?.before_taxes]).toEqual(['INVALID', 0]);
  });

  it('that uses a reservation takes it over also when its charge was reported before the start was known', async () => {
    await bench.platform.publish(startEvent({ commandId: 'RES-5', idTag: 'VTRES5', type: 'RESERVE_NOW' }));
    await bench.settled();
    await bench.reported('EAGER', { idTag: 'VTRES5', session: { status: 'RESERVATION', kwh: 0 } });
    await bench.reported('EAGER', { idTag: 'VTRES5', session: { kwh: 1 } });
    expect(await bench.read('EAGER')).toMatchObject({ commandId: 'RES-5' });
    await bench.platform.publish(startEvent({ commandId: 'USES-5', idTag: 'VTRES5' }));
    await bench.settled();
    expect(await bench.reported('EAGER', { idTag: 'VTRES5' })).toMatchObject({ authorization_reference: 'REF-USES-5' });
    expect(await bench.read('EAGER')).toMatchObject({ commandId: 'USES-5', partnerId: 'partner-1' });
  });

  it('that is known already does not take what is only reserved yet under its tag', async () => {
    await bench.platform.publish(
      startEvent({ commandId: 'RES-6', idTag: 'VTRES6', type: 'RESERVE_NOW' }),
      startEvent({ commandId: 'USES-6', idTag: 'VTRES6' }),
    );
    await bench.settled();
    await bench.reported('WAITS', { idTag: 'VTRES6', session: { status: 'RESERVATION', kwh: 0 } });
    expect(await bench.read('WAITS')).toMatchObject({ commandId: 'RES-6' });
    await bench.reported('WAITS', { idTag: 'VTRES6' });
    expect(await bench.read('WAITS')).toMatchObject({ commandId: 'USES-6' });
  });

  it('that never comes leaves its report to be seen by the operator, and forgotten by age', async () => {
    const list = async (query = 'limit=500') =>
      (
        await bench.operator<{ items: UnboundReportRecord[]; next: string | null }>(
          'GET',
          `/api/v1/sessions/unbound?${query}`,
        )
      ).body;
    await bench.report('NOBODYS', { commandId: 'never-given', session: { x_note: 'kept' } });
    await bench.report('OLD', { idTag: 'VTNEVER' });
    const found = await list();
    const of = (id: string) => found.items.find((each) => each.id === id);
    expect(of('NOBODYS')).toMatchObject({
      reason: 'WAITING',
      commandId: 'never-given',
      report: { kwh: 5, x_note: 'kept' },
    });
    expect(of('TWO-B')).toMatchObject({ reason: 'CONTESTED', contestedBy: 'TWO-A' });
    const [first, ...rest] = found.items;
    const page = await list('limit=1');
    expect(page.items).toEqual([first]);
    expect((await list(`limit=500&cursor=${page.next}`)).items).toEqual(rest);
    await queryDatabase(
      bench.platform.platform.database('sessions').url,
      `update unbound_report set kept_since = kept_since - interval '15 days' where id = 'OLD'`,
    );
    await bench.restart();
    await waitUntil(async () => (await list()).items.every(({ id }) => id !== 'OLD'), {
      describe: 'it to be forgotten',
    });
    expect((await list()).items.map(({ id }) => id)).toContain('NOBODYS');
    expect(await bench.metrics()).toMatch(/voltap_sessions_unbound_forgotten\S*\{.*voltap_reason="waiting".*\} 1/);
    expect(await bench.metrics()).toMatch(/voltap_sessions_unbound\{.*voltap_reason="contested".*\} [1-9]/);
  });
});
