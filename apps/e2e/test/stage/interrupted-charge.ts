import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '@voltap/platform/testing';
import { textOf } from '@voltap/simulator';
import { expect } from 'expect';
import { untilWhole } from './processes.js';
import { asObject, expectSettledOnce, listed } from './settled-charge.js';
import type { Stage } from './stage.js';

export type Moment = 'START_SESSION was answered ACCEPTED' | 'the session ended' | 'the CDR was created';
export const MOMENTS: readonly Moment[] = [
  'START_SESSION was answered ACCEPTED',
  'the session ended',
  'the CDR was created',
];

/**
 * A driver waits as long as the longest fault and the start of all nine services after it take, also on a slow machine, and
 * a command that somebody fetched who died is handed out again soon.
 */
export const PATIENT_DRIVER = {
  VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: '180',
  VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: '180',
  VOLTAP_COMMANDS_HAND_OUT_SECONDS: '3',
};

const PRESSED_AGAIN_MS = 1_000;

export interface Interruption {
  readonly moment: Moment;
  /** What happens at the moment; the charge goes on when it resolves. */
  interrupt(): Promise<unknown>;
  /** Whether something serves all the time: then the driver stops at once, and the end is seen by who asks at once. */
  readonly served?: boolean;
}

/** Plays a charge that is interrupted at a moment, and states that it was settled once all the same. @returns its reference */
export async function playInterruptedCharge(stage: Stage, interruption: Interruption): Promise<string> {
  const { platform, simulator } = stage;
  const { moment, interrupt, served = false } = interruption;
  const { ptp, backEnd } = simulator;
  const whole = () => (served ? undefined : untilWhole(platform));
  const reference = randomUUID();
  let over = false;
  const charge = () => ptp.store.state.charges[reference];

  /** @throws Error at once when the terminal gave the charge up. */
  const untilCharging = async () => {
    const isCharging = () => {
      const { phase, failure, commands } = charge() ?? {};
      if (phase === 'FAILED') throw new Error(`the charge failed (${failure}): ${JSON.stringify(commands)}`);
      return phase === 'CHARGING';
    };
    await simulator.until('charging', isCharging);
    const seconds = () => backEnd.chargeOf(reference)?.activeSeconds ?? 0;
    await simulator.until('some energy', () => seconds() > 300);
  };

  /**
   * The stop is not waited for: its result is one of the things that an interruption may delay. One that is refused, as by
   * a service that has not heard of the session yet, the driver presses again.
   */
  const stop = async () => {
    const press = async (): Promise<void> => {
      const accepted = await ptp.desk.stop(reference).then(
        (outcome) => outcome.accepted,
        () => false,
      );
      if (accepted || over || backEnd.chargeOf(reference)?.running === false) return;
      await pause(PRESSED_AGAIN_MS);
      return press();
    };
    void press();
    try {
      await simulator.until('the end of the charge', () => backEnd.chargeOf(reference)?.running === false);
    } finally {
      over = true;
    }
  };

  const untilMoment = async () => {
    if (moment === 'START_SESSION was answered ACCEPTED') {
      const answer = () => textOf(charge()?.commands[0]?.response ?? undefined, 'result');
      await simulator.until(moment, () => answer() === 'ACCEPTED');
      return;
    }
    await untilCharging();
    await stop();
    if (moment === 'the session ended') {
      const status = () => backEnd.chargeOf(reference)?.state.status;
      await simulator.until(moment, () => status() === 'COMPLETED');
      return;
    }
    const ofCharge = (cdr: unknown) => asObject(cdr as never).authorization_reference === reference;
    await waitUntil(async () => (await listed(simulator, '/cdrs')).some(({ cdr }) => ofCharge(cdr)), {
      describe: moment,
    });
  };

  await untilWhole(platform);
  const [terminal] = ptp.terminals;
  const choice = await simulator.until('a free connector', () =>
    terminal?.screen().connectors.find(({ startable }) => startable),
  );
  const tapped = terminal?.tap({ ...choice, authorizationReference: reference });
  await untilMoment();
  await interrupt();

  if (moment !== 'START_SESSION was answered ACCEPTED') {
    expect(await tapped).toMatchObject({ accepted: true, result: 'ACCEPTED' });
  } else if (served) {
    await untilCharging();
    await stop();
    expect(await tapped).toMatchObject({ accepted: true, result: 'ACCEPTED' });
  } else {
    expect(await tapped).toMatchObject({ accepted: true, result: 'ACCEPTED' });
    await untilCharging();
    // A stop that meets a service on its way up is refused, and a driver presses again.
    await whole();
    await stop();
  }
  await simulator.until(
    'the confirmation to be accepted',
    () => ptp.store.state.confirmations[charge()?.confirmationId?.toUpperCase() ?? '']?.sentAt,
  );
  await simulator.until(
    'the last state of the session',
    () => textOf(ptp.store.state.sessions[charge()?.sessionKey ?? ''], 'status') === 'COMPLETED',
  );
  // The back-office asks every service, also one that is still starting again.
  await whole();
  await expectSettledOnce(simulator, reference);
  return reference;
}
