import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { playCharge, type Simulator, textOf } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { asObject, expectSettledOnce, listed } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';

const TIMEOUT_SECONDS = 6;

/** What becomes of commands that do not go as they should, in both versions. */
export function commandOutcomes(platform: PlatformWishes = {}): void {
  describe.each(['2.3.0', '2.2.1'] as const)('the terminal of a driver hears over OCPI %s', (version) => {
    let stage: Stage;
    let simulator: Simulator;
    beforeAll(async () => {
      stage = await openStage({
        platform: {
          ...platform,
          environment: {
            ...platform.environment,
            VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: `${TIMEOUT_SECONDS}`,
            VOLTAP_COMMANDS_DELIVERY_MARGIN_SECONDS: '3',
          },
        },
      });
      simulator = stage.simulator;
      await playCharge(simulator, { minutes: 2, ocpiVersion: version });
    }, 180_000);
    afterAll(() => stage?.close(), 60_000);
    beforeEach(() => simulator.misbehaviours.clear());

    /** What came to the response_url of a START_SESSION, and whether it came within the announced time. */
    function outcome(reference: string) {
      const [sent] = simulator.ptp.desk.charge(reference).commands;
      const results = simulator.ptp.commandResults(reference);
      const took = Date.parse(results[0]?.at ?? '') - Date.parse(sent?.sentAt ?? '');
      const announced = Number(asObject(sent?.response ?? null).timeout);
      return { bodies: results.map(({ body }) => asObject(body)), inTime: took <= announced * 1_000, announced };
    }

    function freeChoice() {
      const [terminal] = simulator.ptp.terminals;
      const choice = terminal?.screen().connectors.find(({ startable }) => startable);
      if (!terminal || !choice) throw new Error('nothing to tap');
      return { terminal, choice };
    }

    it('the same answer to the same START_SESSION, at each response_url, for one charge (CMD-04, CMD-30)', async () => {
      const { terminal, choice } = freeChoice();
      simulator.misbehaviours.add({ kind: 'start-twice' });
      const { charge } = await terminal.tap(choice);
      const reference = charge.authorizationReference;
      await simulator.until('the session to be active', () => charge.phase === 'CHARGING');
      await terminal.tap({ ...choice, authorizationReference: reference });

      const answers = charge.commands.map(({ response }) => response);
      expect(answers).toHaveLength(3);
      expect(new Set(answers.map((answer) => textOf(answer ?? undefined, 'result')))).toEqual(new Set(['ACCEPTED']));
      for (const { callbackId } of charge.commands) {
        const results = await simulator.until(
          'a result at each response_url',
          () => simulator.ptp.store.state.commandResults[callbackId],
        );
        expect(results.map(({ body }) => textOf(body ?? undefined, 'result'))).toEqual(['ACCEPTED']);
      }
      expect(simulator.backEnd.charges.filter(({ state }) => state.reference === reference)).toHaveLength(1);
      expect((await terminal.stop(reference)).accepted).toBe(true);
      await simulator.until('the confirmation to be accepted', () => {
        const { confirmations } = simulator.ptp.store.state;
        return confirmations[charge.confirmationId?.toUpperCase() ?? '']?.sentAt;
      });
      await expectSettledOnce(simulator, reference);
    }, 180_000);

    it('that a charger is out of order, in time, and gives the money back (CMD-18, PAY-63)', async () => {
      const { terminal, choice } = freeChoice();
      const point = simulator.backEnd.network.all.find(({ evseUid }) => evseUid === choice.evseUid);
      if (!point) throw new Error('the back-end does not know the charger');
      simulator.backEnd.setStatus(point, 'OUTOFORDER');
      const { charge, accepted, result } = await terminal.tap(choice);
      const { bodies, inTime } = outcome(charge.authorizationReference);
      expect({ accepted, result }).toEqual({ accepted: false, result: 'EVSE_INOPERATIVE' });
      expect(bodies.map((body) => textOf(body, 'result'))).toEqual(['EVSE_INOPERATIVE']);
      expect(inTime).toBe(true);
      expect(terminal.screen('de').charges[0]?.message).toMatch(/außer Betrieb/);
      expect(simulator.ptp.cards.hold(charge.authorizationReference)?.state).toBe('RELEASED');

      // Also once the platform itself was told of it.
      await simulator.until('the terminal to show it', () =>
        terminal.screen().connectors.some((each) => each.evseUid === choice.evseUid && each.status === 'OUTOFORDER'),
      );
      const again = await terminal.tap(choice);
      expect(again.result).toBe('EVSE_INOPERATIVE');
      simulator.backEnd.setStatus(point, 'AVAILABLE');
      await expectNothingStarted(charge.authorizationReference);
    }, 180_000);

    it('TIMEOUT when nobody answers for the charger, in time, and gives the money back (CMD-07, PAY-63)', async () => {
      const { terminal, choice } = freeChoice();
      simulator.misbehaviours.add({ kind: 'no-answer' });
      const { charge, result } = await terminal.tap(choice);
      const { bodies, inTime, announced } = outcome(charge.authorizationReference);
      expect(result).toBe('TIMEOUT');
      expect(bodies.map((body) => textOf(body, 'result'))).toEqual(['TIMEOUT']);
      expect(announced).toBe(TIMEOUT_SECONDS);
      expect(inTime).toBe(true);
      expect(simulator.ptp.cards.hold(charge.authorizationReference)?.state).toBe('RELEASED');
      await expectNothingStarted(charge.authorizationReference);
    }, 180_000);

    async function expectNothingStarted(reference: string): Promise<void> {
      const sessions = await listed(simulator, '/sessions');
      expect(sessions.filter(({ session }) => asObject(session).authorization_reference === reference)).toEqual([]);
      expect(simulator.ptp.log.complaints).toEqual([]);
    }
  });
}
