import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { sessionEnded, tariffChanged } from '@voltap/contracts/events';
import { objectKey } from '@voltap/kernel';
import { waitUntil } from '@voltap/platform/testing';
import { assign, CUSTOMER_REFERENCE, type JsonObject, sampleLocations } from '@voltap/simulator';
import { busOf } from '../faults/read-evidence.js';
import { asObject, listed } from '../stage/settled-charge.js';
import type { Stage } from '../stage/stage.js';
import { type DrilledPlatform, PATIENCE_MS } from './drilled-platform.js';

/** What is imported, what is billed, and the events of both. */
export function moneyAndNetworkDrills(world: () => DrilledPlatform): void {
  it('VoltapEvsesRemoved: an import lacked EVSEs, and the complete list brings them back', async () => {
    const { stage, drill, partner, operator, importLocations } = world();
    const [terminal] = stage.simulator.ptp.terminals;
    const [place] = (terminal?.object.location_ids ?? []) as string[];
    const whole = asObject(sampleLocations().find(({ id }) => id === place));
    const [kept, ...lost] = whole.evses as JsonObject[];
    const shown = async () =>
      asObject(asObject(await operator().get(`/locations/DE/VLT/${place}`)).location).evses as JsonObject[];
    await importLocations([{ ...whole, evses: [asObject(kept)] }]);
    await drill.untilRaised('VoltapEvsesRemoved');

    const removed = (await shown()).filter(({ status }) => status === 'REMOVED');
    expect(removed.map(({ uid }) => uid)).toEqual(lost.map(({ uid }) => uid));
    // Payments hears of it a moment later.
    await waitUntil(
      async () => {
        const { out } = await drill.voltap('terminals', 'ready', partner, String(terminal?.id));
        return lost.every(({ uid }) => new RegExp(`${uid} 1: no\\n +The EVSE is REMOVED\\.`).test(out));
      },
      { describe: 'voltap terminals ready to name what was removed', timeoutMs: PATIENCE_MS },
    );

    await importLocations([whole]);
    expect((await shown()).map(({ status }) => status)).toEqual(
      (whole.evses as JsonObject[]).map(({ status }) => status),
    );
    await drill.untilEnded('VoltapEvsesRemoved', ['15m', '10s']);
  });

  it('VoltapTerminalSilent: cars charge where a terminal is, and nobody pays by card', async () => {
    const { stage, drill, partner, operator } = world();
    const { simulator } = stage;
    const { locationId, evseUid } = freePoint(stage);
    await simulator.ptp.createTerminal({
      ...{ terminalId: 'T-QUIET', reference: 'SERIAL-3', customerReference: CUSTOMER_REFERENCE },
    });
    await assign(simulator, partner, 'T-QUIET', { location_ids: [], evse_uids: [evseUid] });
    // It was assigned eight days ago.
    await drill.sql(
      'payments',
      `update terminal set content = jsonb_set(content, '{assignment,confirmedAt}',
           to_jsonb(((content #>> '{assignment,confirmedAt}')::timestamptz - interval '8 days')::text)) where id = 'T-QUIET'`,
    );
    const place = { country_code: 'DE', party_id: 'VLT', location_id: locationId, evse_uid: evseUid };
    for (let charge = 1; charge <= 10; charge += 1) {
      for (const status of ['CHARGING', 'AVAILABLE']) await operator().post('/evse-statuses', { ...place, status });
    }
    await drill.untilRaised('VoltapTerminalSilent');
    expect(await drill.told('terminals', 'silent')).toMatch(
      new RegExp(`^${partner} +T-QUIET +SERIAL-3 +${evseUid} +10 +never`, 'm'),
    );
    // The tenth car is found when it begins, and ends a moment later.
    await drill.untilTold(['terminals', 'ready', partner, 'T-QUIET'], /^Yes, /);

    const terminal = simulator.ptp.terminal('T-QUIET');
    const choice = await simulator.until(
      'it to offer a connector',
      () => terminal.screen().connectors.find(({ startable }) => startable),
      PATIENCE_MS,
    );
    const reference = randomUUID();
    expect(await terminal.tap({ ...choice, authorizationReference: reference })).toMatchObject({ accepted: true });
    await drill.untilEnded('VoltapTerminalSilent');
    await drill.untilTold(['terminals', 'silent'], /^none$/m);
    expect(await simulator.ptp.desk.stop(reference)).toMatchObject({ accepted: true });
    await simulator.until('the CDR', () => simulator.ptp.desk.charge(reference).cdrKey !== null, PATIENCE_MS);
  });

  it('VoltapEverythingChanges: each import writes its number into every name, and changes nothing when it leaves that out', async () => {
    const { drill, untilLogged, importLocations } = world();
    const id = String(sampleLocations()[0]?.id);
    /** The newest delivery of a location, and what was sent with it. */
    const newest = async () => {
      const list = await drill.told('deliveries', 'list', '--module', 'locations', '--object', id);
      const delivery = /^(\S+) .* location /m.exec(list)?.[1] ?? '';
      return { delivery, sent: await drill.told('deliveries', 'show', delivery, '--bodies') };
    };
    const states: string[] = [];
    for (let round = 1; round <= 4; round += 1) {
      const locations = sampleLocations().map((each) => ({ ...each, name: `${each.name}, import ${round}` }));
      expect(await importLocations(locations)).toMatchObject({ updated: locations.length });
      // A state that was not sent yet when the next is imported never is.
      const { delivery } = await waitUntil(
        async () => {
          const found = await newest();
          return found.sent.includes(`import ${round}`) && found;
        },
        { describe: `import ${round} to be sent`, timeoutMs: PATIENCE_MS },
      );
      states.push(delivery);
    }
    expect(new Set(states).size).toBe(4);
    await drill.untilRaised('VoltapEverythingChanges');
    await untilLogged('locations', 'locations imported', '"updated":40');

    await importLocations(sampleLocations());
    expect(await importLocations(sampleLocations())).toMatchObject({ unchanged: 40, updated: 0 });
    await drill.untilEnded('VoltapEverythingChanges', ['1h', '10s']);
  });

  it('VoltapConfirmationMissing: a confirmation was never pushed, and a pull fetches it', async () => {
    const { stage, drill, partner, beginCharge, endCharge, untilMoney } = world();
    stage.simulator.misbehaviours.add({ kind: 'confirmation-lost' });
    const reference = await beginCharge();
    await endCharge(reference);
    await untilMoney(reference, 'CDR_ACCEPTED');
    // Three days pass.
    await drill.untilOverdue('CDR_ACCEPTED', reference);
    await drill.untilRaised('VoltapConfirmationMissing');

    const pulls = await drill.told('pulls', 'list', 'terminals');
    expect(pulls).toMatch(new RegExp(`^terminals +${partner} .* succeeded, full .* confirmations`, 'm'));

    expect(await drill.told('pulls', 'run', 'terminals', partner)).toMatch(/^confirmations +[1-9]/m);
    await drill.untilEnded('VoltapConfirmationMissing');
    await untilMoney(reference, 'MATCHED');
  });

  it('VoltapMoneyDiffers: too little was captured; once the provider takes the rest, once it is given up', async () => {
    const { stage, drill, partner, folder, raised, beginCharge, endCharge, untilMoney } = world();
    const { ptp, misbehaviours } = stage.simulator;
    misbehaviours.add({ kind: 'capture-net', times: 2 });
    const mended = await beginCharge();
    await endCharge(mended);
    await untilMoney(mended, 'DIFFERENT');
    const givenUp = await beginCharge();
    await endCharge(givenUp);
    await untilMoney(givenUp, 'DIFFERENT');
    expect(await raised('VoltapMoneyDiffers')).toMatchObject([
      { voltap_reconciliation_state: 'DIFFERENT', voltap_reconciliation_cause: 'taxes_missing' },
    ]);

    expect(await drill.told('reconciliation', 'summary')).toMatch(/DIFFERENT +taxes_missing +2 /);
    const list = await drill.told('reconciliation', 'list', '--cause', 'taxes_missing');
    for (const reference of [mended, givenUp]) expect(list).toContain(reference);
    const shown = await drill.told('reconciliation', 'show', givenUp);
    expect(shown).toMatch(/^difference +The .* before taxes was captured/m);
    const archive = join(folder, 'evidence.zip');
    expect(await drill.told('evidence', givenUp, '--out', archive)).toContain(`Charge ${givenUp}: DIFFERENT`);
    expect((await stat(archive)).size).toBeGreaterThan(1_000);

    // The provider says of the same capture that it took the whole bill; nobody pushes that.
    const { cdrKey, confirmationId } = ptp.desk.charge(mended);
    ptp.store.commit(({ cdrs, confirmations }) => {
      const stored = confirmations[String(confirmationId).toUpperCase()];
      if (stored === undefined) throw new Error('there is no confirmation');
      const { total_cost = null } = cdrs[String(cdrKey)] ?? {};
      const last_updated = new Date().toISOString();
      Object.assign(stored.confirmation, { total_costs: total_cost, capture_status_code: 'SUCCESS', last_updated });
    });
    await drill.told('pulls', 'run', 'terminals', partner);
    await drill.untilTold(['reconciliation', 'show', mended], /^state +MATCHED$/m);
    const decision = ['--reason', 'the card has expired', '--by', 'Ada'];
    const written = await drill.told('reconciliation', 'write-off', givenUp, ...decision);
    expect(written).toMatch(/^state +WRITTEN_OFF$/m);
    await drill.untilEnded('VoltapMoneyDiffers');
  });

  it('VoltapMoneyParked: a mistake keeps a charge from its CDR, and its event is replayed when that is mended', async () => {
    const { drill, untilTraced, raised, withMistake, setAside, beginCharge, endCharge, untilMoney } = world();
    const reference = await beginCharge();
    let key = '';
    const mend = await withMistake('cdrs', 'cdr', async () => {
      await endCharge(reference);
      expect(await raised('VoltapMoneyParked')).toMatchObject([
        { service_name: 'cdrs', messaging_destination_name: sessionEnded.topic },
      ]);
      const [parked] = await setAside('--kind', 'money');
      key = String(parked?.key);
      expect(parked).toMatchObject({ service: 'cdrs', topic: sessionEnded.topic });
      const shown = await drill.told('events', 'show', 'cdrs', String(parked?.id));
      expect(shown).toMatch(/^error +QueryFailedError: a mistake$/m);
      expect(shown).toContain(`authorization-reference: ${reference}`);
      await untilTraced(
        'the failure',
        ({ service, failed, attributes }) =>
          service === 'cdrs' && failed && attributes['voltap.authorization_reference'] === reference,
      );
      const vain = await drill.voltap('events', 'replay', 'cdrs', '--key', key);
      expect(vain).toMatchObject({ code: 1, out: expect.stringContaining('0 replayed, 1 still wait') });
    });
    await mend();
    expect(await drill.told('events', 'replay', 'cdrs', '--key', key)).toBe('1 replayed, 0 still wait.\n');
    await drill.untilEnded('VoltapMoneyParked');
    await untilMoney(reference, 'MATCHED');
  });

  it('VoltapMoneyParked: what nobody can read is given up, and what waits behind it is replayed', async () => {
    const { stage, drill, raised, stores, setAside, beginCharge, endCharge, untilMoney } = world();
    const reference = await beginCharge();
    const session = (await listed(stage.simulator, '/sessions'))
      .map((item) => asObject(item.session))
      .find(({ authorization_reference }) => authorization_reference === reference);
    const key = objectKey({ country_code: 'DE', party_id: 'VLT' }, String(session?.id));
    const bus = await busOf(stores());
    try {
      await bus.publish([{ topic: sessionEnded.topic, key, headers: {}, value: '{"no event' }]);
    } finally {
      await bus.close();
    }
    await raised('VoltapMoneyParked');
    await endCharge(reference);
    const [unreadable, waiting] = await waitUntil(
      async () => {
        const found = await setAside('cdrs', '--kind', 'money', '--key', key);
        return found.length === 2 && found;
      },
      { describe: 'the end of the session to wait behind it', timeoutMs: PATIENCE_MS },
    );
    const shown = await drill.told('events', 'show', 'cdrs', String(unreadable?.id));
    expect(shown).toMatch(/^error +UnreadableEvent: not JSON/m);
    const behind = await drill.told('events', 'show', 'cdrs', String(waiting?.id));
    expect(behind).toMatch(/^error +an earlier event of this key is parked$/m);
    await drill.told('events', 'discard', 'cdrs', String(unreadable?.id), '--reason', 'nobody can read it');
    expect(await drill.told('events', 'replay', 'cdrs', '--key', key)).toBe('1 replayed, 0 still wait.\n');
    await drill.untilEnded('VoltapMoneyParked');
    await untilMoney(reference, 'MATCHED');
  });

  it('VoltapEventsSetAside: a mistake keeps a service from new prices; one is replayed when that is mended, one was overtaken', async () => {
    const { drill, raised, putTariff, withMistake, setAside } = world();
    let key = '';
    const mend = await withMistake('sessions', 'tariff_projection', async () => {
      key = await putTariff('Parking costs more from today.');
      expect(await raised('VoltapEventsSetAside')).toMatchObject([{ service_name: 'sessions' }]);
    });
    expect(await drill.told('events', 'list')).toMatch(/^ +QueryFailedError: a mistake$/m);
    expect(await setAside()).toMatchObject([{ service: 'sessions', topic: tariffChanged.topic, key }]);
    await mend();
    expect(await drill.told('events', 'replay', 'sessions', '--all')).toBe('1 replayed, 0 still wait.\n');
    await drill.untilEnded('VoltapEventsSetAside');

    const mendAgain = await withMistake('sessions', 'tariff_projection', async () => {
      await putTariff('Parking costs more, perhaps.');
      await waitUntil(async () => (await setAside('sessions')).length === 1, {
        describe: 'that price to be set aside',
        timeoutMs: PATIENCE_MS,
      });
      await raised('VoltapEventsSetAside');
    });
    await mendAgain();
    await putTariff('Parking costs the same as ever.');
    const known = async () => JSON.stringify(await drill.sql('sessions', 'select content from tariff_projection'));
    await waitUntil(async () => (await known()).includes('the same as ever'), {
      describe: 'sessions to know the last price',
      timeoutMs: PATIENCE_MS,
    });
    const [overtaken] = await setAside('sessions');
    await drill.told('events', 'discard', 'sessions', String(overtaken?.id), '--reason', 'a later state is here');
    await drill.untilEnded('VoltapEventsSetAside');
    const projections = await drill.told('projections', 'list', 'sessions');
    expect(projections).toMatch(/^sessions +tariff_projection +2 /m);
    const rebuilt = await drill.told('projections', 'rebuild', 'sessions', 'tariff_projection');
    expect(rebuilt).toMatch(/^tariff_projection of sessions: 2 rows, done /);
    expect(await known()).toContain('the same as ever');
  });
}

/** A charge point where no terminal is yet. */
function freePoint({ simulator }: Stage) {
  const served = new Set(simulator.ptp.terminals.flatMap(({ object }) => (object.location_ids ?? []) as string[]));
  const point = simulator.backEnd.network.all.find(
    ({ status, locationId }) => status === 'AVAILABLE' && !served.has(locationId),
  );
  if (point === undefined) throw new Error('every location has a terminal');
  return point;
}
