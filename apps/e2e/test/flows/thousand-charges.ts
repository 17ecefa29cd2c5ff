import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PeriodEntryView, PeriodView, Receipt, ReconciliationView } from '@voltap/contracts/back-office';
import { type Decimal, decimal } from '@voltap/kernel';
import { waitUntil } from '@voltap/platform/testing';
import { assign, CUSTOMER_REFERENCE, type JsonObject, objectsOf, Random, readPrice, textOf } from '@voltap/simulator';
import { randomNetwork } from '../stage/random-network.js';
import type { PlatformWishes } from '../stage/running-platform.js';
import { asObject, listed } from '../stage/settled-charge.js';
import { openStage, registerAndCrawl, type Stage } from '../stage/stage.js';

const SEED = 20_260_701;
const AT_ONCE = 40;
const TERMINAL = 'APOLLO-0001';
/** What the partner refuses is sent again half a minute later, and may be refused once more. */
const PATIENCE_MS = 240_000;

/** What may go wrong with a charge's money or its messages; most charges go well. */
const FAULTS = [
  'capture-net',
  'capture-short',
  'capture-failed',
  'confirmation-duplicate',
  'confirmation-delayed',
  'confirmation-lost',
  'start-twice',
  'double-answer',
] as const;
const ANSWERS = ['http-500', 'cut-after-commit', 'status-2003', 'wrong-json'] as const;

/** Many charges with random tariffs and faults, and every account of every one of them agreeing to the cent. */
export function thousandCharges(count: number, platform: PlatformWishes = {}): void {
  describe(`${count} charges under random tariffs, with faults on the way`, () => {
    let stage: Stage;
    let partnerId: string;
    const random = new Random(SEED);
    const network = randomNetwork(random);
    const references: string[] = [];

    beforeAll(async () => {
      stage = await openStage({
        platform,
        network: false,
        simulator: {
          backEnd: { speed: 3_000, reportEveryMs: 250, plannedMinutes: 95 },
          ptp: { requestLogLimit: 200_000, defaultReservation: '60' },
        },
      });
      const { simulator } = stage;
      for (const tariff of network.tariffs) await simulator.operator.put(`/tariffs/DE/VLT/${tariff.id}`, tariff);
      await simulator.operator.post('/locations/import', network.locations);
      await simulator.backEnd.network.load();
      ({ partnerId } = await registerAndCrawl(simulator, '2.3.0'));
      await simulator.ptp.createTerminal({
        terminalId: TERMINAL,
        customerReference: CUSTOMER_REFERENCE,
        reference: 'SN-1',
      });
      const location_ids = network.locations.map(({ id }) => String(id));
      await assign(simulator, partnerId, TERMINAL, { location_ids, evse_uids: [] });
    });

    afterAll(() => stage?.close());

    it('are all billed, captured and told', async () => {
      const free = network.locations.flatMap((location) =>
        objectsOf(location, 'evses').map((evse) => ({ locationId: String(location.id), evseUid: String(evse.uid) })),
      );
      let begun = 0;
      const drivers = Array.from({ length: AT_ONCE }, async () => {
        while (begun < count) {
          const reference = `ref-${String(begun).padStart(5, '0')}-${random.whole(1, 999_999)}`;
          begun += 1;
          const place = free.shift();
          if (place === undefined) throw new Error('fewer places than drivers');
          if (random.whole(1, 10) <= 3) stage.simulator.misbehaviours.add({ kind: random.pick(FAULTS), delayMs: 200 });
          if (random.whole(1, 20) === 1) {
            stage.simulator.misbehaviours.add({ kind: random.pick(ANSWERS), route: random.pick(['sessions', 'cdrs']) });
          }
          if (await charge(stage, place, reference, random.whole(1, 90))) references.push(reference);
          free.push(place);
        }
      });
      await Promise.all(drivers).finally(() => {
        begun = count;
      });
      // Nearly all: a contradicting answer of the back-end may come first and refuse a start.
      expect(references.length).toBeGreaterThan(count * 0.9);
    }, 3_600_000);

    it('agree to the cent in session, CDR, receipt, confirmation and books, or differ for the right cause', async () => {
      const { simulator } = stage;
      stage.simulator.misbehaviours.clear();
      // What was never pushed is found by the pull.
      await simulator.operator.post(`/terminals/pull/${partnerId}`, {});
      const accounts = await waitUntil(() => accountsOf(stage, references), {
        describe: 'every charge to have its confirmation',
        timeoutMs: 400_000,
      });
      const wrong = [...accounts.values()].flatMap((account) => contradictions(stage, account));
      expect(wrong).toEqual([]);

      const states = [...accounts.values()].map(({ state }) => state);
      expect(new Set(states)).toEqual(new Set(['MATCHED', 'DIFFERENT', 'FAILED']));

      const receipts = new Map<string, Receipt>();
      for (const reference of references) {
        const receipt = (await simulator.operator.get(`/receipts/${reference}`)) as unknown as Receipt;
        receipts.set(reference, receipt);
        expect([reference, receipt.totals.afterTaxes]).toEqual([reference, cents(accounts.get(reference)?.cdrTotal)]);
      }
      const numbers = [...receipts.values()]
        .map(({ number }) => Number(number.slice('DEVLT-'.length)))
        .sort((a, b) => a - b);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));

      const endsAt = new Date().toISOString();
      const period = (await simulator.operator.post('/accounting-periods/DE/VLT/close', {
        endsAt,
        by: 'Ada',
      })) as unknown as PeriodView;
      const entries = (await listed(
        simulator,
        `/accounting-periods/DE/VLT/${period.number}/entries`,
      )) as unknown as PeriodEntryView[];
      const [total] = period.totals;
      expect(period.totals).toHaveLength(1);
      expect(entries).toHaveLength(references.length);
      const sum = (amounts: readonly (string | null)[]) =>
        amounts.reduce((known: Decimal, amount) => known.plus(amount ?? 0), decimal(0)).toString();
      const rows = [...accounts.values()];
      expect(total).toMatchObject({
        charges: references.length,
        billed: sum(rows.map(({ cdrTotal }) => cdrTotal)),
        captured: sum(rows.map(({ state, captured }) => (state === 'FAILED' ? '0' : captured))),
      });
      expect(sum(entries.map(({ billed }) => billed))).toBe(total?.billed);
    });
  });
}

/** @returns whether it was charged; false where the start was refused. */
async function charge(
  { simulator }: Stage,
  place: { readonly locationId: string; readonly evseUid: string },
  reference: string,
  minutes: number,
): Promise<boolean> {
  const { ptp, backEnd } = simulator;
  const terminal = ptp.terminal(TERMINAL);
  const started = await terminal.tap({ ...place, connectorId: '1', authorizationReference: reference });
  if (!started.accepted) return false;
  const metered = (): number => backEnd.chargeOf(reference)?.activeSeconds ?? 0;
  const isIn = (...phases: string[]): boolean => phases.includes(started.charge.phase);
  const until = (what: string, probe: () => boolean | Promise<boolean>): Promise<unknown> =>
    waitUntil(probe, { describe: `${reference} ${what}`, timeoutMs: PATIENCE_MS }).catch((cause: unknown) => {
      const { phase, commands } = started.charge;
      const heard = simulator.ptp.log.requests.slice(-3).map(({ method, path }) => `${method} ${path}`);
      const asked = commands.map(({ command, response }) => `${command} ${textOf(response ?? undefined, 'result')}`);
      const seen = `${phase} after ${metered()} s; it asked for ${asked.join(', ')}; all heard last: ${heard.join(', ')}`;
      throw new Error(seen, { cause });
    });
  // Stopped at the limit, it ends before the driver comes.
  await until('to charge', () => isIn('SETTLING', 'SETTLED') || (isIn('CHARGING') && metered() >= minutes * 60));
  // A vehicle that is full does not leave: whoever is told that it was not stopped tries again.
  await until('to stop', async () => !isIn('CHARGING') || (await terminal.stop(reference)).accepted);
  await until('to be billed', () => started.charge.cdrKey !== null);
  return true;
}

async function accountsOf(
  { simulator }: Stage,
  references: readonly string[],
): Promise<Map<string, ReconciliationView> | null> {
  const rows = (await listed(simulator, '/reconciliation')) as unknown as ReconciliationView[];
  const wanted = new Set(references);
  const complete = rows.filter(
    ({ authorization_reference, confirmationId, cdrId, cdrAcceptedAt, sessionStatus }) =>
      wanted.has(authorization_reference) &&
      confirmationId !== null &&
      cdrId !== null &&
      cdrAcceptedAt !== null &&
      sessionStatus === 'COMPLETED',
  );
  if (complete.length < references.length) return null;
  const { sessions } = simulator.ptp.store.state;
  // The last state of a session may come to the partner after its CDR.
  const heard = (reference: string): boolean =>
    textOf(sessions[simulator.ptp.desk.charge(reference).sessionKey ?? ''], 'status') === 'COMPLETED';
  if (!references.every(heard)) return null;
  return new Map(complete.map((row) => [row.authorization_reference, row]));
}

/** What does not agree of one charge among session, CDR, card and reconciliation, a line each. */
function contradictions({ simulator }: Stage, account: ReconciliationView): string[] {
  const { state } = simulator.ptp.store;
  const { authorization_reference: reference } = account;
  const found = simulator.ptp.desk.charge(reference);
  const session = asObject(state.sessions[found.sessionKey ?? '']);
  const cdr = asObject(state.cdrs[found.cdrKey ?? '']);
  const ofCharge = ({ authorization_reference }: JsonObject) => authorization_reference === reference;
  const total = readPrice(cdr.total_cost);
  const confirmation = asObject(state.confirmations[found.confirmationId?.toUpperCase() ?? '']?.confirmation);
  const captured = readPrice(confirmation.total_costs)?.gross;
  const status = textOf(confirmation, 'capture_status_code');
  const expected = expectedOf(total, captured, status);
  const said = [account.state, ...account.differences.map(({ code }) => code)].join(' ');
  const lines = [
    Object.values(state.cdrs).filter(ofCharge).length === 1 ? '' : 'several CDRs',
    Object.values(state.sessions).filter(ofCharge).length === 1 ? '' : 'several sessions',
    equal(readPrice(session.total_cost)?.gross, total?.gross)
      ? ''
      : `session ${readPrice(session.total_cost)?.gross}, CDR ${total?.gross}`,
    equal(account.cdrTotal, total?.gross) ? '' : `reconciliation ${account.cdrTotal}, CDR ${total?.gross}`,
    equal(account.captured, captured) ? '' : `reconciliation ${account.captured}, captured ${captured}`,
    expected.includes(said)
      ? ''
      : `${said} instead of ${expected.join(' or ')} (billed ${total?.gross}, captured ${captured} ${status})`,
  ];
  return lines.filter((line) => line !== '').map((line) => `${reference}: ${line}`);
}

/** More than one where two explanations fit to the cent. */
function expectedOf(
  total: ReturnType<typeof readPrice>,
  captured: Decimal | undefined,
  status: string | undefined,
): readonly string[] {
  if (status === 'FAILED') return ['FAILED capture_failed'];
  if (equal(total?.gross, captured)) return ['MATCHED'];
  if (status === 'PARTIAL_SUCCESS') return ['DIFFERENT limit_reached', 'DIFFERENT partial_capture'];
  if (equal(total?.net, captured)) return ['DIFFERENT taxes_missing'];
  return ['DIFFERENT amount_differs', 'DIFFERENT rounded_by_line', 'DIFFERENT limit_reached'];
}

function equal(one: Decimal | string | null | undefined, other: Decimal | undefined): boolean {
  return one != null && other !== undefined && decimal(one).equals(other);
}

function cents(amount: string | null | undefined): string {
  return decimal(amount ?? 0).toFixed(2);
}
