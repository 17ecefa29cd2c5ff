import type { StoryEvent } from '../journal.js';
import type { TerminalCharge } from '../ptp/ptp-state.js';
import { Random } from '../random.js';
import type { Simulator } from '../simulator.js';
import type { ScreenCharge, ScreenConnector } from '../terminal/terminal.js';
import { objectsOf, textOf, textsOf } from '../wire/json.js';
import type { OcpiVersion } from '../wire/version.js';
import { assign, CUSTOMER_REFERENCE, ensureRegistered } from './onboarding.js';

export interface ChargeStory {
  readonly terminalId?: string;
  /** Where to charge; a free place with a tariff is chosen by seed when absent. */
  readonly locationId?: string;
  readonly evseUid?: string;
  /** Virtual minutes of charging before the driver stops; default 40. */
  readonly minutes?: number;
  /** How many running costs the driver wants to have seen before stopping; default 0. */
  readonly costsSeen?: number;
  readonly ocpiVersion?: OcpiVersion;
  readonly language?: string;
  readonly authorizationReference?: string;
  /** Real milliseconds that the whole charge may take; default three minutes. */
  readonly timeoutMs?: number;
  /** Every step as it happens. */
  readonly onEvent?: (event: StoryEvent) => void;
}

export interface PlayedCharge {
  readonly charge: TerminalCharge;
  readonly screen: ScreenCharge;
  readonly receiptUrl: string | null;
  readonly version: OcpiVersion;
  /** Whether a kept registration was used. */
  readonly resumed: boolean;
}

/** Messages about the network, in the journal's words. */
const PUSHES = /^(PUT|PATCH|DELETE) (location|evse|connector|tariff)/;

/**
 * Ends what an earlier process left running at the terminals: a charge with a session is stopped and settled, one
 * without is given up. A charge whose platform is gone is left as it is.
 */
export async function leaveCharges(simulator: Simulator): Promise<void> {
  const { ptp, journal } = simulator;
  if (!(await ptp.registrationHolds())) return;
  for (const charge of ptp.terminals.flatMap((terminal) => terminal.charges)) {
    if (charge.phase === 'SETTLED' || charge.phase === 'FAILED') continue;
    const reference = charge.authorizationReference;
    journal.tell({
      from: 'driver',
      to: 'terminal',
      message: 'back to an earlier charge',
      detail: reference,
      reference,
    });
    if (await ptp.desk.leave(charge.authorizationReference))
      await simulator.until(
        'the end of an earlier charge',
        () => charge.cdrKey !== null || charge.phase === 'FAILED',
        30_000,
      );
  }
}

/**
 * One charge from the registration to the receipt: registration (once), terminal and assignment (once), tap,
 * START_SESSION, growing session, STOP_SESSION, CDR, capture, confirmation.
 * @throws Error that says at which step the platform did not do its part.
 */
export async function playCharge(simulator: Simulator, story: ChargeStory = {}): Promise<PlayedCharge> {
  const { ptp, backEnd, journal } = simulator;
  let reference: string | null = story.authorizationReference ?? null;
  let evseUid: string | null = null;
  const mine = (event: StoryEvent): boolean => {
    if (event.from === 'city') return false;
    // Of the pushes of the whole network only those of the charger in the story belong to it.
    if (event.to === 'Payter' && PUSHES.test(event.message)) return event.detail === evseUid;
    return event.reference === undefined ? reference === null : event.reference === reference;
  };
  const unsubscribe = journal.subscribe((event) => {
    if (story.onEvent && mine(event)) story.onEvent(event);
  });
  try {
    const { partnerId, version, resumed } = await ensureRegistered(simulator, story.ocpiVersion);
    await ptp.mirror.crawl('tariffs');
    await ptp.mirror.crawl('locations');

    const terminalId = story.terminalId ?? textOf(ptp.terminals[0]?.object, 'terminal_id') ?? 'APOLLO-0001';
    const terminal =
      resumed && ptp.terminals.some(({ id }) => id === terminalId)
        ? ptp.terminal(terminalId)
        : await ptp.createTerminal({
            terminalId,
            customerReference: CUSTOMER_REFERENCE,
            reference: `SN-${terminalId}`,
          });
    const assigned = textsOf(terminal.object, 'location_ids');
    const place =
      story.locationId ??
      terminal.screen().connectors.find(({ startable }) => startable)?.locationId ??
      choosePlace(simulator);
    if (!assigned.includes(place)) {
      if (partnerId === null)
        throw new Error('the partner is not known at the platform, so no terminal can be assigned');
      await assign(simulator, partnerId, terminalId, { location_ids: [...assigned, place], evse_uids: [] });
    }

    const language = story.language ?? 'en';
    const choice = await simulator.until('a free connector on the screen', () =>
      pick(terminal.screen(language).connectors, place, story.evseUid),
    );
    journal.tell({
      from: 'terminal',
      to: 'driver',
      message: `${choice.label} ${choice.status}`,
      detail: choice.price ?? undefined,
    });
    reference ??= `ptp-${terminalId}-${Date.now().toString(36)}`.slice(0, 36).toLowerCase();
    evseUid = choice.evseUid;
    const started = await terminal.tap({ ...choice, authorizationReference: reference });
    const { charge } = started;
    if (!started.accepted) throw new Error(`the charge did not start: ${started.result}`);

    const timeoutMs = story.timeoutMs ?? 180_000;
    const wanted = (story.minutes ?? 40) * 60;
    const key = reference;
    const onScreen = () =>
      terminal.screen(language).charges.find(({ authorizationReference }) => authorizationReference === key);
    const seen = new Set<string>();
    await simulator.until(
      'the session to be charging',
      () => {
        const { cost } = onScreen() ?? {};
        if (cost) seen.add(cost);
        const metered = backEnd.chargeOf(key);
        if (charge.phase === 'FAILED') throw new Error(`the charge failed: ${charge.failure}`);
        // The terminal offers "stop" once it heard of the charging itself, which may be after the meter began to run.
        const shown = !['STARTING', 'STARTED', 'PENDING'].includes(charge.phase);
        return shown && metered !== null && metered.activeSeconds >= wanted && seen.size >= (story.costsSeen ?? 0);
      },
      timeoutMs,
    );
    journal.tell({ from: 'driver', to: 'terminal', message: 'stop', reference: key });
    if (charge.phase === 'CHARGING') {
      const stopped = await terminal.stop(key);
      if (!stopped.accepted) throw new Error(`the charge did not stop: ${stopped.result}`);
    }
    await simulator.until(
      'the CDR and the capture',
      () => {
        if (charge.phase === 'FAILED') throw new Error(`the charge failed: ${charge.failure}`);
        return charge.cdrKey !== null;
      },
      timeoutMs,
    );
    await simulator.until(
      'the confirmation to be accepted',
      () => ptp.store.state.confirmations[charge.confirmationId?.toUpperCase() ?? '']?.sentAt,
      timeoutMs,
    );
    const screen = onScreen();
    if (!screen) throw new Error('the charge is not on the screen');
    journal.tell({
      from: 'terminal',
      to: 'driver',
      message: 'receipt',
      amount: screen.captured ?? undefined,
      detail: screen.receiptUrl ?? 'no invoice_base_url was given',
      reference: key,
    });
    return { charge, screen, receiptUrl: screen.receiptUrl, version, resumed };
  } finally {
    unsubscribe();
  }
}

function pick(choices: readonly ScreenConnector[], place: string, evseUid?: string): ScreenConnector | null {
  return (
    choices.find(
      (each) => each.startable && each.locationId === place && (evseUid === undefined || each.evseUid === evseUid),
    ) ?? null
  );
}

/** A place where a driver could start: free, with a tariff that we know; DC preferred, the rest by seed. */
function choosePlace(simulator: Simulator): string {
  const { ptp, options } = simulator;
  const places = [...ptp.store.locations.values()].filter((location) =>
    objectsOf(location, 'evses').some(
      (evse) =>
        textOf(evse, 'status') === 'AVAILABLE' &&
        textsOf(evse, 'capabilities').includes('REMOTE_START_STOP_CAPABLE') &&
        objectsOf(evse, 'connectors').some((connector) => ptp.store.tariff(textsOf(connector, 'tariff_ids')[0] ?? '')),
    ),
  );
  const fast = places.filter((location) =>
    objectsOf(location, 'evses').every((evse) =>
      objectsOf(evse, 'connectors').every((connector) => textOf(connector, 'power_type') === 'DC'),
    ),
  );
  if (places.length === 0) throw new Error('the platform shows no free connector with a tariff');
  return String(new Random(options.seed).pick(fast.length > 0 ? fast : places).id);
}
