import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SilentTerminalView, TerminalView } from '@voltap/contracts/back-office';
import { type EvseStatusChanged, evseStatusChanged, type SessionChanged } from '@voltap/contracts/events';
import { type DomainEvent, event } from '@voltap/kernel';
import { aTerminal } from '@voltap/ocpi/testkit';
import { queryDatabase, waitUntil } from '@voltap/platform/testing';
import { obedient } from './gateway-double.js';
import { chargeEvents, locationEvent, type PaymentsBench, partnerEvent, paymentsBench } from './payments-bench.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

describe('terminals of which nothing is heard', () => {
  let bench: PaymentsBench;
  let revision = 1;

  const silent = async () =>
    (await bench.operator<{ items: SilentTerminalView[] }>('GET', '/api/v1/terminals/silent')).body.items;
  const measured = async () => {
    const metrics = await (await fetch(`${bench.service.url}/metrics`)).text();
    return /^voltap_terminals_silent\{[^}]*voltap_partner_id="partner-1"[^}]*\} (\d+)/m.exec(metrics)?.[1];
  };
  const told = (status: EvseStatusChanged['status'], previousStatus: EvseStatusChanged['status'], at: Date) => {
    revision += 1;
    const place = { country_code: 'de', party_id: 'vlt', location_id: 'L1', evse_uid: 'e1' };
    const payload = { ...place, status, previousStatus, last_updated: at.toISOString() };
    return event(evseStatusChanged, { key: 'DE*VLT*L1', revision, payload }) as DomainEvent;
  };
  /** Cars come and go, seen by the statuses of the EVSE alone. */
  const charges = (count: number, at = new Date()) =>
    bench.platform.publish(
      ...Array.from({ length: count }, () => [
        told('CHARGING', 'AVAILABLE', at),
        // A status that is told again is no second charge.
        told('CHARGING', 'CHARGING', at),
        told('AVAILABLE', 'CHARGING', at),
      ]).flat(),
    );
  const assignedDaysAgo = (days: number) =>
    queryDatabase(
      bench.platform.platform.database('payments').url,
      `update terminal set content = jsonb_set(content, '{assignment,confirmedAt}',
         to_jsonb('${new Date(Date.now() - days * DAY_MS).toISOString()}'::text)) where id = 'QUIET'`,
    );
  const counted = async (): Promise<number> => {
    const [row] = await queryDatabase<{ sum: string | null }>(
      bench.platform.platform.database('payments').url,
      'select sum(charges) from evse_charges',
    );
    return Number(row?.sum ?? 0);
  };

  beforeAll(async () => {
    bench = await paymentsBench();
    bench.gateway.answer = obedient().answer;
    await bench.platform.publish(partnerEvent(), locationEvent());
    await bench.postTerminal(aTerminal({ terminal_id: 'QUIET', reference: 'SERIAL-1' }));
    await waitUntil(
      async () => {
        const places = { location_ids: [], evse_uids: ['E1'] };
        const path = '/api/v1/terminals/partner-1/QUIET/assignment';
        const { body } = await bench.operator<TerminalView>('PUT', path, places);
        return body.assignment?.state === 'CONFIRMED';
      },
      { describe: 'the terminal to be in use' },
    );
  });

  afterAll(() => bench?.close());

  it('are found when cars charge where they are, and nobody has paid by card for a week', async () => {
    await assignedDaysAgo(8);
    await charges(9);
    await charges(20, new Date(Date.now() - 9 * DAY_MS));
    await waitUntil(async () => (await counted()) === 29, { describe: 'the charges to be counted' });
    expect(await silent()).toEqual([]);

    await charges(1);
    const found = await waitUntil(async () => (await silent())[0], { describe: 'the silent terminal' });
    expect(found).toEqual({
      partnerId: 'partner-1',
      terminalId: 'QUIET',
      reference: 'SERIAL-1',
      locationIds: [],
      evseUids: ['E1'],
      charges: 10,
      lastCardAt: null,
    });
    await waitUntil(async () => (await measured()) === '1', { describe: 'the silence to be measured' });

    // One that was assigned the day before yesterday could not be heard before.
    await assignedDaysAgo(2);
    expect(await silent()).toEqual([]);
    await assignedDaysAgo(8);
    expect(await silent()).toHaveLength(1);
  });

  it('are found with the last charge that was paid by card, and no more after the next', async () => {
    const { accepted, running } = chargeEvents('LONG-AGO');
    await bench.platform.publish(accepted, running);
    await waitUntil(async () => (await silent())[0]?.lastCardAt === '2026-03-02T10:00:00.000Z', {
      describe: 'the charge of long ago to be shown',
    });
    const today = chargeEvents('TODAY');
    const { session, ...rest } = today.running.payload as SessionChanged;
    const payload = { ...rest, session: { ...session, start_date_time: new Date().toISOString() } };
    await bench.platform.publish(today.accepted, { ...today.running, payload });
    await waitUntil(async () => (await silent()).length === 0, { describe: 'the terminal to be heard again' });
    await waitUntil(async () => (await measured()) === '0', { describe: 'that it is heard to be measured' });
  });
});
