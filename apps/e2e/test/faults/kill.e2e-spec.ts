import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import { playCharge, type Simulator, type TerminalCharge, textOf } from '@voltap/simulator';
import { asObject, expectSettledOnce, listed } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';

const SERVICES = [
  'gateway',
  'credentials',
  'locations',
  'tariffs',
  'tokens',
  'commands',
  'sessions',
  'cdrs',
  'payments',
] as const;

type Moment = 'START_SESSION was answered ACCEPTED' | 'the session ended' | 'the CDR was created';
const MOMENTS: readonly Moment[] = ['START_SESSION was answered ACCEPTED', 'the session ended', 'the CDR was created'];

/** Every service at every moment, and all of them at once at every moment: 30 kills on one platform. */
const KILLS = MOMENTS.flatMap((moment) =>
  [...SERVICES.map((name) => ({ moment, what: name as string, victims: [name] as readonly string[] }))].concat({
    moment,
    what: 'all nine',
    victims: SERVICES,
  }),
);

describe('a charge in nine processes loses nothing', () => {
  let stage: Stage;
  let simulator: Simulator;
  beforeAll(async () => {
    stage = await openStage({
      platform: { processes: true, environment: { VOLTAP_COMMANDS_HAND_OUT_SECONDS: '3' } },
    });
    simulator = stage.simulator;
    await playCharge(simulator, { minutes: 2 });
  }, 120_000);
  afterAll(() => stage?.close(), 60_000);

  async function processes(): Promise<Record<string, number>> {
    return JSON.parse(await readFile(join(String(stage.platform.directory), 'processes.json'), 'utf8'));
  }

  /** Kills as a power cut would. @returns the ids that are gone. */
  async function kill(victims: readonly string[]): Promise<Record<string, number>> {
    const ids = await processes();
    for (const name of victims) process.kill(Number(ids[name]), 'SIGKILL');
    return ids;
  }

  /** Nothing is proven by a kill that nobody recovered from: each victim runs again, under another id. */
  function untilRestarted(victims: readonly string[], before: Record<string, number>): Promise<boolean> {
    return waitUntil(
      async () => {
        const now = await processes();
        return victims.every((name) => now[name] !== before[name]);
      },
      { describe: `${victims.join(', ')} to be started again`, timeoutMs: 90_000 },
    );
  }

  /** A kill is proven on a platform that is whole: what is not ready yet answers honestly that it is away. */
  function untilWhole(): Promise<boolean> {
    return waitUntil(async () => (await fetch(`${stage.platform.healthUrl}/ready`)).ok, {
      describe: 'all nine services to be ready',
      timeoutMs: 90_000,
    });
  }

  /** The driver's part, up to the moment; resolves when the moment has come. */
  async function untilMoment(moment: Moment, charge: () => TerminalCharge | undefined): Promise<void> {
    if (moment === 'START_SESSION was answered ACCEPTED') {
      await simulator.until(
        moment,
        () => textOf(charge()?.commands[0]?.response ?? undefined, 'result') === 'ACCEPTED',
      );
      return;
    }
    await untilCharging(charge);
    const reference = String(charge()?.authorizationReference);
    await simulator.until(
      'some energy',
      () => (simulator.backEnd.chargeOf(reference)?.activeSeconds ?? 0) > 300,
      60_000,
    );
    await stopAs(reference);
    if (moment === 'the session ended') {
      await simulator.until(moment, () => simulator.backEnd.chargeOf(reference)?.state.status === 'COMPLETED', 60_000);
      return;
    }
    await waitUntil(
      async () =>
        (await listed(simulator, '/cdrs')).some((item) => asObject(item.cdr).authorization_reference === reference),
      { describe: moment, timeoutMs: 60_000 },
    );
  }

  /** @throws Error at once when the terminal gave the charge up. */
  async function untilCharging(charge: () => TerminalCharge | undefined): Promise<void> {
    await simulator.until(
      'charging',
      () => {
        const { phase, failure, commands } = charge() ?? {};
        if (phase === 'FAILED') throw new Error(`the charge failed (${failure}): ${JSON.stringify(commands)}`);
        return phase === 'CHARGING';
      },
      60_000,
    );
  }

  /** The stop is not waited for: its result is one of the things that a kill may delay. */
  async function stopAs(reference: string): Promise<void> {
    const { ptp, backEnd } = simulator;
    const stopped = ptp.desk.stop(reference);
    stopped.catch(() => undefined);
    await simulator.until('the end of the charge', () => backEnd.chargeOf(reference)?.running === false, 60_000);
  }

  it.each(KILLS)(
    'when $what is killed right after $moment',
    async ({ moment, victims }) => {
      const { ptp, backEnd } = simulator;
      await untilWhole();
      const reference = randomUUID();
      const [terminal] = ptp.terminals;
      const choice = await simulator.until(
        'a free connector',
        () => terminal?.screen().connectors.find(({ startable }) => startable),
        30_000,
      );
      const tapped = terminal?.tap({ ...choice, authorizationReference: reference });
      const charge = () => ptp.store.state.charges[reference];
      await untilMoment(moment, charge);

      const before = await kill(victims);
      await untilRestarted(victims, before);

      expect(await tapped).toMatchObject({ accepted: true, result: 'ACCEPTED' });
      if (moment === 'START_SESSION was answered ACCEPTED') {
        await untilCharging(charge);
        await simulator.until('some energy', () => (backEnd.chargeOf(reference)?.activeSeconds ?? 0) > 300, 60_000);
        // A stop that meets a service on its way up is refused, and a driver presses again.
        await untilWhole();
        await stopAs(reference);
      }
      await simulator.until(
        'the confirmation to be accepted',
        () => ptp.store.state.confirmations[charge()?.confirmationId?.toUpperCase() ?? '']?.sentAt,
        60_000,
      );
      await simulator.until(
        'the last state of the session',
        () => textOf(ptp.store.state.sessions[charge()?.sessionKey ?? ''], 'status') === 'COMPLETED',
        60_000,
      );
      // The back-office asks every service, also one that is still starting again.
      await untilWhole();
      await expectSettledOnce(simulator, reference);
    },
    180_000,
  );
});
