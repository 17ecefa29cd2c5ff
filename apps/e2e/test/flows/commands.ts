import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decimal } from '@voltap/kernel';
import { waitUntil } from '@voltap/platform/testing';
import { type JsonObject, playCharge, type Simulator, textOf } from '@voltap/simulator';
import type { PlatformWishes } from '../stage/running-platform.js';
import { asObject, expectSettledOnce, listed } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';

/** The back-end has all but the margin: more than a busy machine takes, which must not be the one that is late. */
const TIMEOUT_SECONDS = 12;
const MARGIN_SECONDS = 5;

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
            VOLTAP_COMMANDS_DELIVERY_MARGIN_SECONDS: `${MARGIN_SECONDS}`,
          },
        },
      });
      simulator = stage.simulator;
      await playCharge(simulator, { minutes: 2, ocpiVersion: version });
    });
    afterAll(() => stage?.close());
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
    });

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
    });

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
    });

    it('TIMEOUT of a charge that begins too late, which is stopped and never billed (CMD-07, PAY-63)', async () => {
      const { terminal, choice } = freeChoice();
      // All services have heard of the TIMEOUT by then.
      simulator.misbehaviours.add({ kind: 'late-start', delayMs: (TIMEOUT_SECONDS + 8) * 1_000 });
      const { charge, result } = await terminal.tap(choice);
      const reference = charge.authorizationReference;
      expect(result).toBe('TIMEOUT');
      expect(simulator.ptp.cards.hold(reference)?.state).toBe('RELEASED');
      const ofReference = async (path: string, from: (item: JsonObject) => JsonObject) =>
        (await listed(simulator, path)).filter((item) => from(item).authorization_reference === reference);
      const sessionIn = ({ session }: JsonObject) => asObject(session ?? {});
      const ended = await waitUntil(
        async () => (await ofReference('/sessions', sessionIn)).find((item) => sessionIn(item).status === 'INVALID'),
        { describe: 'the charge to be stopped' },
      );
      expect(ended).toMatchObject({ orphan: 'stop', partnerId: null, session: { total_cost: { before_taxes: 0 } } });
      const starts = (await ofReference('/commands', (item) => item)).filter(({ orphan }) => orphan !== null);
      expect(starts).toMatchObject([{ type: 'START_SESSION', orphan: { policy: 'stop', stops: 1 } }]);
      expect(await ofReference('/cdrs', ({ cdr }) => asObject(cdr ?? {}))).toEqual([]);
      const { sessions, cdrs } = simulator.ptp.store.state;
      const seen = [...Object.values(sessions), ...Object.values(cdrs)];
      expect(seen.filter(({ authorization_reference }) => authorization_reference === reference)).toEqual([]);
      expect(simulator.ptp.log.complaints).toEqual([]);
    });

    it('that nothing began when the cable was never plugged in, and has the money back (CMD-33, CDR-25)', async () => {
      const { terminal, choice } = freeChoice();
      simulator.misbehaviours.add({ kind: 'never-plugged-in' });
      const { charge, accepted } = await terminal.tap(choice);
      expect(accepted).toBe(true);
      const reference = charge.authorizationReference;
      await simulator.until('the end', () => charge.phase === 'FAILED');
      expect(charge.failure).toBe('NEVER_STARTED');
      expect(simulator.ptp.cards.hold(reference)?.state).toBe('RELEASED');
    });

    it('what was charged when the cable is pulled within seconds, and pays that alone', async () => {
      const { terminal, choice } = freeChoice();
      const { charge } = await terminal.tap(choice);
      const reference = charge.authorizationReference;
      await simulator.until('charging', () => charge.phase === 'CHARGING');
      simulator.backEnd.unplug(simulator.backEnd.chargeOf(reference)?.state.sessionId ?? '');
      await simulator.until('the settlement', () => charge.phase === 'SETTLED');
      await simulator.until('the confirmation to be accepted', () => {
        const { confirmations } = simulator.ptp.store.state;
        return confirmations[charge.confirmationId?.toUpperCase() ?? '']?.sentAt;
      });
      await expectSettledOnce(simulator, reference);
      const hold = simulator.ptp.cards.hold(reference);
      expect(decimal(hold?.captured ?? '0').lessThan(decimal(hold?.reserved ?? '0'))).toBe(true);
    });

    it('the end of a charge that the operator stops and waits for', async () => {
      const { terminal, choice } = freeChoice();
      const { charge } = await terminal.tap(choice);
      await simulator.until('charging', () => charge.phase === 'CHARGING');
      const session = asObject(simulator.ptp.store.state.sessions[charge.sessionKey ?? '']);
      const path = `/sessions/${session.country_code}/${session.party_id}/${session.id}/stop?wait=30`;
      expect(await simulator.operator.post(path)).toMatchObject({
        answered: true,
        command: { origin: 'OPERATOR', result: { result: 'ACCEPTED' } },
      });
      await simulator.until('the settlement', () => charge.phase === 'SETTLED');
    });

    it('that an EVSE is reserved for somebody, who hears later that the reservation is cancelled (CMD-23, CMD-25)', async () => {
      const { terminal, choice } = freeChoice();
      const [known] = Object.values(simulator.ptp.store.state.charges);
      const results: string[] = [];
      const server = createServer(async (request, response) => {
        results.push(textOf(JSON.parse(await text(request)) as JsonObject, 'result') ?? '');
        const body = { status_code: 1000, timestamp: new Date().toISOString() };
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        const reservation_id = `R-${version}`;
        const response = await fetch(`${stage.platform.gatewayUrl}/ocpi/cpo/${version}/commands/RESERVE_NOW`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Token ${Buffer.from(simulator.ptp.store.registration.ownToken).toString('base64')}`,
          },
          body: JSON.stringify({
            response_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/result`,
            token: { ...known?.token, uid: 'SOMEBODY' },
            expiry_date: new Date(Date.now() + 3_600_000).toISOString(),
            reservation_id,
            location_id: choice.locationId,
            evse_uid: choice.evseUid,
          }),
        });
        expect(await response.json()).toMatchObject({ status_code: 1000, data: { result: 'ACCEPTED' } });
        await waitUntil(() => results.length > 0, { describe: 'the result' });
        const { charge, accepted } = await terminal.tap(choice);
        expect(accepted).toBe(false);
        expect(terminal.screen('de').charges[0]?.message).toMatch(/reserviert/);
        expect(simulator.ptp.cards.hold(charge.authorizationReference)?.state).toBe('RELEASED');
        const [reserved] = (await listed(simulator, '/reservations')).filter(
          (each) => each.reservation_id === reservation_id,
        );
        await simulator.operator.post(`/reservations/${reserved?.number}/cancel`, { reason: 'the end of a test' });
        await waitUntil(() => results.length > 1, { describe: 'the cancellation' });
        expect(results).toEqual(['ACCEPTED', 'CANCELED_RESERVATION']);
        const point = simulator.backEnd.network.all.find(({ evseUid }) => evseUid === choice.evseUid);
        await waitUntil(() => point?.status === 'AVAILABLE', { describe: 'the charge point to be free' });
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });

    async function expectNothingStarted(reference: string): Promise<void> {
      const sessions = await listed(simulator, '/sessions');
      expect(sessions.filter(({ session }) => asObject(session).authorization_reference === reference)).toEqual([]);
      expect(simulator.ptp.log.complaints).toEqual([]);
    }
  });
}
