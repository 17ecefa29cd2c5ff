import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assign, ensureRegistered, type Terminal } from '../src/index.js';
import { type Playing, startPlaying } from './playing.js';

const CHOICE = { locationId: 'VLT-001', evseUid: 'VLT-E001-1', connectorId: '1' };

describe('what goes wrong at a terminal', () => {
  let playing: Playing;
  let terminal: Terminal;
  beforeEach(async () => {
    playing = await startPlaying();
    const { simulator } = playing;
    await ensureRegistered(simulator);
    await simulator.ptp.mirror.crawl('tariffs');
    await simulator.ptp.mirror.crawl('locations');
    terminal = await simulator.ptp.createTerminal({ terminalId: 'T1', customerReference: 'VOLTAP-CITY' });
    await assign(simulator, 'partner-1', 'T1', { location_ids: ['VLT-001'], evse_uids: [] });
  });
  afterEach(() => playing.close());

  const hold = (reference: string) => playing.simulator.ptp.cards.hold(reference)?.state;
  const setStatus = (status: string) => {
    const point = playing.simulator.backEnd.network.all.find(({ evseUid }) => evseUid === CHOICE.evseUid);
    if (point) playing.simulator.backEnd.setStatus(point, status);
  };

  it.each([
    ['OUTOFORDER', 'EVSE_INOPERATIVE', 'This charge point is out of order'],
    ['CHARGING', 'EVSE_OCCUPIED', 'This charge point is in use'],
  ])(
    'an EVSE that is %s gives %s, the driver reads why, and the reservation is released',
    async (status, result, text) => {
      setStatus(status);
      const outcome = await terminal.tap(CHOICE);
      expect(outcome).toMatchObject({ accepted: false, result });
      expect(terminal.screen('en').charges[0]).toMatchObject({ phase: 'FAILED', failure: result, message: text });
      expect(hold(outcome.charge.authorizationReference)).toBe('RELEASED');
    },
  );

  it('a charge that is never plugged in ends INVALID and releases the reservation', async () => {
    playing.simulator.misbehaviours.add({ kind: 'never-plugged-in' });
    const { charge, accepted } = await terminal.tap(CHOICE);
    expect(accepted).toBe(true);
    await playing.simulator.until('the end', () => charge.phase === 'FAILED');
    expect(charge.failure).toBe('NEVER_STARTED');
    expect(hold(charge.authorizationReference)).toBe('RELEASED');
    await playing.simulator.until('the EVSE free', () => playing.platform.statusOf(CHOICE.evseUid) === 'AVAILABLE');
  });

  it('the PTP stops by itself when the cost reaches what is reserved, and captures no more than that', async () => {
    for (const tariff of playing.simulator.ptp.store.tariffs.values()) tariff.preauthorize_amount = 5;
    const { charge } = await terminal.tap(CHOICE);
    await playing.simulator.until('the settlement', () => charge.phase === 'SETTLED');
    expect(charge.commands.map(({ command }) => command)).toEqual(['START_SESSION', 'STOP_SESSION']);
    expect(playing.simulator.ptp.cards.hold(charge.authorizationReference)).toMatchObject({ captured: '5' });
    await playing.simulator.until('the confirmation', () => playing.platform.confirmations.length > 0);
    expect(playing.platform.confirmations[0]).toMatchObject({ capture_status_code: 'PARTIAL_SUCCESS' });
  });

  it('sends START_SESSION twice, a confirmation twice or never, when told to', async () => {
    const { simulator, platform } = playing;
    simulator.misbehaviours.add({ kind: 'start-twice' }, { kind: 'confirmation-duplicate' });
    const first = (await terminal.tap(CHOICE)).charge;
    expect(platform.starts.map((start) => start.authorization_reference)).toEqual([
      first.authorizationReference,
      first.authorizationReference,
    ]);
    await simulator.until('charging', () => first.phase === 'CHARGING');
    await terminal.stop(first.authorizationReference);
    await simulator.until('the confirmation twice', () => {
      const stored = simulator.ptp.store.state.confirmations[first.confirmationId?.toUpperCase() ?? ''];
      return stored?.attempts === 2 && platform.confirmations.length === 2;
    });
    expect(platform.confirmations[0]).toEqual(platform.confirmations[1]);
  });

  it('a back-end that keeps silent leaves the driver a TIMEOUT and a free card', async () => {
    playing.simulator.misbehaviours.add({ kind: 'no-answer' });
    const outcome = await terminal.tap(CHOICE);
    expect(outcome.result).toBe('TIMEOUT');
    expect(hold(outcome.charge.authorizationReference)).toBe('RELEASED');
    expect(playing.platform.answers).toEqual([]);
  });

  it('is switched by POST /control, which refuses what it does not know', async () => {
    const post = (body: object) =>
      fetch(String(playing.simulator.controlUrl), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await post({ misbehave: [{ kind: 'http-500', route: 'cdrs', times: 3 }] })).status).toBe(200);
    expect(playing.simulator.misbehaviours.active).toEqual([{ kind: 'http-500', route: 'cdrs', times: 3 }]);
    expect((await post({ misbehave: [{ kind: 'explode' }] })).status).toBe(422);
    expect((await post({ clear: true })).status).toBe(200);
    expect(playing.simulator.misbehaviours.active).toEqual([]);
    const tapped = await post({ action: 'tap', terminalId: 'T1', ...CHOICE });
    expect(await tapped.json()).toMatchObject({ done: { result: 'ACCEPTED' } });
  });

  it('another driver charges with a card of an eMSP, and no terminal hears of it', async () => {
    const { simulator, platform } = playing;
    for (let round = 0; round < 12; round += 1) simulator.city.happen();
    simulator.backEnd.tick();
    await simulator.until('a charge reported', () =>
      simulator.backEnd.state.charges.some(({ reported, cdrToken }) => reported && cdrToken?.type === 'RFID'),
    );
    expect(platform.starts).toEqual([]);
    expect(simulator.ptp.store.state.sessions).toEqual({});
    const touched = simulator.backEnd.state.charges.map(({ locationId }) => locationId);
    expect(touched).not.toContain('VLT-001');
  });
});
