import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { decimal } from '@voltap/kernel';
import { leaveCharges, playCharge, type StoryEvent } from '../src/index.js';
import { objectsOf, textOf } from '../src/wire/json.js';
import { readPrice } from '../src/wire/price.js';
import { type Playing, startPlaying } from './playing.js';

describe('a played charge', () => {
  let playing: Playing;
  afterEach(() => playing.close());

  it.each(['2.3.0', '2.2.1'] as const)('goes from the registration to the receipt over OCPI %s', async (version) => {
    playing = await startPlaying();
    const { simulator, platform } = playing;
    const told: StoryEvent[] = [];
    const played = await playCharge(simulator, {
      ocpiVersion: version,
      costsSeen: 3,
      onEvent: (event) => told.push(event),
    });

    expect(simulator.ptp.log.complaints).toEqual([]);
    expect(played.version).toBe(version);
    expect(simulator.ptp.store.locations.size).toBe(40);
    const { state } = simulator.ptp.store;
    const cdr = state.cdrs[played.charge.cdrKey ?? ''];
    const total = readPrice(cdr?.total_cost);
    expect(total?.shape).toBe(version);
    expect(state.holds[played.charge.authorizationReference]).toEqual({
      reserved: '80',
      currency: 'EUR',
      state: 'CAPTURED',
      captured: total?.gross.toString(),
    });
    expect(platform.confirmations).toHaveLength(1);
    expect(readPrice(platform.confirmations[0]?.total_costs)).toEqual(total);
    expect(textOf(platform.confirmations[0], 'capture_status_code')).toBe('SUCCESS');
    expect(new Set(simulator.ptp.commandResults(played.charge.authorizationReference).map(({ raw }) => raw)).size).toBe(
      1,
    );
    expect(played.receiptUrl).toBe(`${platform.url}/receipts/secret/${played.charge.authorizationReference}`);

    const session = state.sessions[played.charge.sessionKey ?? ''];
    const metered = objectsOf(session, 'charging_periods').flatMap((period) => objectsOf(period, 'dimensions'));
    const energy = metered
      .filter(({ type }) => type === 'ENERGY')
      .reduce((sum, { volume }) => sum.plus(decimal(volume as number)), decimal(0));
    expect(energy.toString()).toBe(String(session?.kwh));
    expect(energy.greaterThan(20)).toBe(true);

    const steps = told.map(({ message }) => message);
    const wanted = [
      'POST partner → Token A',
      'POST credentials',
      'GET locations',
      'POST terminal',
      'PUT assignment',
      'tap',
      'START_SESSION',
      'CommandResult START_SESSION',
      'PATCH session ACTIVE',
      'STOP_SESSION',
      'PUT session COMPLETED',
      'POST CDR',
      'capture',
      'POST confirmation SUCCESS',
      'receipt',
    ];
    const positions = wanted.map((step) => steps.indexOf(step));
    expect(positions).not.toContain(-1);
    expect(positions).toEqual([...positions].sort((left, right) => left - right));
  });

  it('resumes its registration, terminal and memory after a restart, and registers nothing twice', async () => {
    const stateDirectory = mkdtempSync(join(tmpdir(), 'simulator-'));
    try {
      playing = await startPlaying({ stateDirectory });
      const first = await playCharge(playing.simulator, { minutes: 5 });
      const port = Number(new URL(playing.simulator.ptp.url).port);
      await playing.simulator.close();

      playing = await startPlaying({ stateDirectory, ptpPort: port }, playing.platform);
      const second = await playCharge(playing.simulator, { minutes: 5 });

      expect(second.resumed).toBe(true);
      expect(playing.platform.partners).toBe(1);
      expect(playing.simulator.ptp.terminals).toHaveLength(1);
      expect(playing.simulator.ptp.desk.charge(first.charge.authorizationReference).phase).toBe('SETTLED');
      expect(playing.platform.confirmations).toHaveLength(2);
    } finally {
      rmSync(stateDirectory, { recursive: true });
    }
  });

  it('settles a charge that was running when the process ended', async () => {
    const stateDirectory = mkdtempSync(join(tmpdir(), 'simulator-'));
    try {
      playing = await startPlaying({ stateDirectory });
      await playCharge(playing.simulator, { minutes: 5 });
      const [terminal] = playing.simulator.ptp.terminals;
      const choice = terminal?.screen().connectors.find(({ startable }) => startable);
      if (!terminal || !choice) throw new Error('nothing to tap');
      const reference = (await terminal.tap(choice)).charge.authorizationReference;
      await playing.simulator.until(
        'charging',
        () => playing.simulator.ptp.desk.charge(reference).phase === 'CHARGING',
      );
      const ptpPort = Number(new URL(playing.simulator.ptp.url).port);
      await playing.simulator.close();

      playing = await startPlaying({ stateDirectory, ptpPort }, playing.platform);
      await leaveCharges(playing.simulator);
      expect(playing.simulator.ptp.desk.charge(reference).phase).toBe('SETTLED');
      expect(playing.simulator.backEnd.chargeOf(reference)?.state.status).toBe('COMPLETED');
    } finally {
      rmSync(stateDirectory, { recursive: true });
    }
  });

  it('moves to the other version by PUT credentials', async () => {
    playing = await startPlaying();
    await playCharge(playing.simulator, { minutes: 5, ocpiVersion: '2.2.1' });
    const upgraded = await playCharge(playing.simulator, { minutes: 5, ocpiVersion: '2.3.0' });
    expect(upgraded).toMatchObject({ version: '2.3.0', resumed: true });
    expect(playing.simulator.ptp.log.complaints).toEqual([]);
  });
});
