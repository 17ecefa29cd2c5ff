import { formatMoney, money } from '@voltap/kernel';
import type { ChargeDesk, TapChoice } from '../ptp/charge-desk.js';
import type { CommandOutcome } from '../ptp/commands-sender.js';
import type { ChargePhase, TerminalCharge } from '../ptp/ptp-state.js';
import type { PtpStore } from '../ptp/ptp-store.js';
import { type JsonObject, numberOf, objectsOf, textOf, textsOf } from '../wire/json.js';
import { readPrice } from '../wire/price.js';
import { priceText, tariffLanguages, textIn } from './price-text.js';

/** One choice on the start screen. */
export interface ScreenConnector {
  readonly locationId: string;
  readonly locationName: string;
  readonly evseUid: string;
  readonly connectorId: string;
  /** What is printed on the charger. */
  readonly label: string;
  readonly standard: string;
  /** Live EVSE status. */
  readonly status: string;
  readonly startable: boolean;
  /** Null when the platform gave no tariff: such a connector cannot be started. */
  readonly price: string | null;
  readonly reservation: string | null;
}

/** A charge on the screen, the newest first. */
export interface ScreenCharge {
  readonly authorizationReference: string;
  readonly phase: ChargePhase;
  readonly energy: string;
  /** Running or final cost with VAT; null while the platform has not said any. */
  readonly cost: string | null;
  readonly captured: string | null;
  readonly failure: string | null;
  readonly message: string | null;
  /** What the receipt's QR code holds; null until the platform gave an invoice_base_url. */
  readonly receiptUrl: string | null;
}

export interface Screen {
  readonly terminalId: string;
  readonly language: string;
  readonly languages: readonly string[];
  readonly connectors: readonly ScreenConnector[];
  readonly charges: readonly ScreenCharge[];
}

export type Tap = Omit<TapChoice, 'terminalId'>;

/** A payment terminal: what its screen shows and what a driver can do at it. */
export class Terminal {
  constructor(
    readonly id: string,
    private readonly store: PtpStore,
    private readonly desk: ChargeDesk,
  ) {}

  /** The Terminal object as OCPI has it. */
  get object(): JsonObject {
    return this.store.state.terminals[this.id.toUpperCase()] ?? {};
  }

  /** EVSEs of the assigned locations together with those assigned singly (PAY-50). */
  screen(language = 'en'): Screen {
    const locationIds = textsOf(this.object, 'location_ids').map((id) => id.toUpperCase());
    const evseUids = textsOf(this.object, 'evse_uids').map((uid) => uid.toUpperCase());
    const languages = new Set<string>();
    const connectors: ScreenConnector[] = [];
    for (const location of this.store.locations.values()) {
      const whole = locationIds.includes(String(location.id).toUpperCase());
      for (const evse of objectsOf(location, 'evses')) {
        if (!whole && !evseUids.includes(String(evse.uid).toUpperCase())) continue;
        if (textOf(evse, 'status') === 'REMOVED') continue;
        for (const connector of objectsOf(evse, 'connectors')) {
          const tariff = this.tariffOf(connector);
          for (const each of tariffLanguages(tariff)) languages.add(each);
          connectors.push(this.choice(location, evse, connector, tariff, language));
        }
      }
    }
    return {
      terminalId: this.id,
      language,
      languages: [...languages],
      connectors,
      charges: this.charges.map((charge) => this.show(charge, language)),
    };
  }

  get charges(): TerminalCharge[] {
    return Object.values(this.store.state.charges)
      .filter(({ terminalId }) => terminalId === this.id)
      .sort((left, right) => right.tappedAt.localeCompare(left.tappedAt));
  }

  /** The driver chooses a connector and holds the card against the reader. */
  tap(choice: Tap): Promise<CommandOutcome> {
    return this.desk.tap({ ...choice, terminalId: this.id });
  }

  stop(authorizationReference: string): Promise<CommandOutcome> {
    return this.desk.stop(authorizationReference);
  }

  private tariffOf(connector: JsonObject): JsonObject | undefined {
    const id = textsOf(connector, 'tariff_ids')[0];
    return id === undefined ? undefined : this.store.tariff(id);
  }

  private choice(
    location: JsonObject,
    evse: JsonObject,
    connector: JsonObject,
    tariff: JsonObject | undefined,
    language: string,
  ): ScreenConnector {
    const status = textOf(evse, 'status') ?? 'UNKNOWN';
    const remote = textsOf(evse, 'capabilities').includes('REMOTE_START_STOP_CAPABLE');
    return {
      locationId: String(location.id),
      locationName: textOf(location, 'name') ?? textOf(location, 'address') ?? '',
      evseUid: String(evse.uid),
      connectorId: String(connector.id),
      label: textOf(evse, 'physical_reference') ?? textOf(evse, 'evse_id') ?? String(evse.uid),
      standard: textOf(connector, 'standard') ?? '',
      status,
      startable: status === 'AVAILABLE' && tariff !== undefined && remote,
      price: tariff ? priceText(tariff, language) : null,
      reservation: tariff
        ? formatMoney(money(this.desk.reservationFor(tariff), textOf(tariff, 'currency') ?? 'EUR'))
        : null,
    };
  }

  private show(charge: TerminalCharge, language: string): ScreenCharge {
    const { sessions, cdrs, holds } = this.store.state;
    const session = sessions[charge.sessionKey ?? ''];
    const cdr = cdrs[charge.cdrKey ?? ''];
    const hold = holds[charge.authorizationReference];
    const currency = textOf(cdr ?? session, 'currency') ?? hold?.currency ?? 'EUR';
    const cost = readPrice((cdr ?? session)?.total_cost);
    const base = textOf(this.object, 'invoice_base_url');
    const energy = numberOf(cdr, 'total_energy') ?? numberOf(session, 'kwh') ?? 0;
    return {
      authorizationReference: charge.authorizationReference,
      phase: charge.phase,
      energy: `${energy} kWh`,
      cost: cost ? formatMoney(money(cost.gross, currency)) : null,
      captured: hold?.state === 'CAPTURED' ? formatMoney(money(hold.captured, hold.currency)) : null,
      failure: charge.failure,
      message: textIn(charge.messages, language),
      receiptUrl: base === undefined ? null : `${base.replace(/\/+$/, '')}/${charge.authorizationReference}`,
    };
  }
}
