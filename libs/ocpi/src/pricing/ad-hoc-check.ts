import { decimal } from '@voltap/kernel';
import { z } from 'zod';
import type { DisplayText, PriceComponent, Tariff, TariffElement, TariffRestrictions } from '../model/index.js';

/** `error`: money or a start is lost. `warning`: a driver is misled, or the law may ask for more. `hint`: worth a look. */
export const adHocFindingSchema = z.object({
  severity: z.enum(['error', 'warning', 'hint']),
  code: z.string(),
  pointer: z.string().describe('Into the tariff'),
  message: z.string(),
});
export type AdHocFinding = z.infer<typeof adHocFindingSchema>;

/** What is known of the place where a tariff is offered. */
export interface AdHocPlace {
  readonly now: Date;
  /** ISO 639-1, those that drivers are to find at the terminal. */
  readonly languages?: readonly string[];
  /** Of the strongest connector under this tariff. */
  readonly maxPowerKw?: number;
}

const NAMES: Readonly<Record<PriceComponent['type'], string>> = {
  ENERGY: 'Energy',
  TIME: 'Charging time',
  PARKING_TIME: 'Parking time',
  FLAT: 'The fee of a session',
};
const DIMENSIONS = Object.keys(NAMES) as PriceComponent['type'][];
/** From here on ad-hoc prices are per kWh, with at most a fee per minute of occupancy (AFIR, Article 5). */
const FAST_KW = 50;

/** Whether a tariff can be offered at payment terminals, and why not (TAR-08, TAR-09, TAR-11, TAR-12, TAR-15, TAR-19, TAR-20). */
export function adHocFindings(tariff: Tariff, place: AdHocPlace): AdHocFinding[] {
  return [
    ...validityFindings(tariff, place),
    ...amountFindings(tariff),
    ...taxFindings(tariff),
    ...elementFindings(tariff),
    ...shownFindings(tariff),
    ...powerFindings(tariff, place),
    ...languageFindings(tariff, place),
  ];
}

function finding(severity: AdHocFinding['severity'], code: string, pointer: string, message: string): AdHocFinding {
  return { severity, code, pointer, message };
}

function validityFindings(tariff: Tariff, { now }: AdHocPlace): AdHocFinding[] {
  const findings: AdHocFinding[] = [];
  const { type, start_date_time, end_date_time } = tariff;
  if (type !== undefined && type !== 'AD_HOC_PAYMENT') {
    const message = `This tariff is for ${type}; a terminal takes AD_HOC_PAYMENT, or a tariff without type.`;
    findings.push(finding('error', 'not_for_terminals', '/type', message));
  }
  if (end_date_time !== undefined && Date.parse(end_date_time) <= now.getTime()) {
    findings.push(finding('error', 'no_longer_valid', '/end_date_time', `It was valid until ${end_date_time}.`));
  }
  if (start_date_time !== undefined && Date.parse(start_date_time) > now.getTime()) {
    findings.push(finding('hint', 'not_valid_yet', '/start_date_time', `It becomes valid at ${start_date_time}.`));
  }
  return findings;
}

function sessionElements({ elements }: Tariff): { element: TariffElement; index: number }[] {
  return elements
    .map((element, index) => ({ element, index }))
    .filter(({ element }) => element.restrictions?.reservation === undefined);
}

function isFree(tariff: Tariff): boolean {
  const priced = tariff.elements.some(({ price_components }) => price_components.some(({ price }) => price !== 0));
  return !priced && tariff.min_price === undefined;
}

function amountFindings(tariff: Tariff): AdHocFinding[] {
  const { preauthorize_amount: amount, min_price, max_price, currency } = tariff;
  const findings: AdHocFinding[] = [];
  const free = isFree(tariff);
  if (amount === undefined && !free) {
    const message =
      'The terminal does not learn how much to reserve on the card, and no charge is stopped when it is used up.';
    findings.push(finding('error', 'no_amount_to_reserve', '/preauthorize_amount', message));
  } else if (amount !== undefined && amount <= 0 && !free) {
    findings.push(finding('error', 'no_amount_to_reserve', '/preauthorize_amount', 'It must be above 0.'));
  }
  const least = min_price?.after_taxes ?? min_price?.before_taxes;
  const most = max_price?.after_taxes ?? max_price?.before_taxes;
  if (amount !== undefined && least !== undefined && decimal(amount).lessThan(least)) {
    const message = `${amount} ${currency} are reserved, and every session costs at least ${least}: the rest cannot be captured.`;
    findings.push(finding('error', 'reserves_less_than_minimum', '/preauthorize_amount', message));
  }
  if (amount !== undefined && most !== undefined && decimal(amount).greaterThan(most)) {
    const message = `${amount} ${currency} are reserved although no session costs more than ${most}.`;
    findings.push(finding('hint', 'reserves_more_than_maximum', '/preauthorize_amount', message));
  }
  if (least !== undefined && most !== undefined && decimal(most).lessThan(least)) {
    findings.push(finding('error', 'limits_cross', '/max_price', `It is below min_price, which is ${least}.`));
  }
  return findings;
}

function taxFindings({ elements, tax_included }: Tariff): AdHocFinding[] {
  const findings: AdHocFinding[] = [];
  if (tax_included === 'NO') {
    const message = 'Prices are without taxes; what drivers are shown before they start has to be what they pay.';
    findings.push(finding('warning', 'prices_without_taxes', '/tax_included', message));
  }
  if (tax_included === 'N/A') return findings;
  elements.forEach(({ price_components }, element) => {
    price_components.forEach(({ price, vat }, component) => {
      if (vat !== undefined || price === 0) return;
      const pointer = `/elements/${element}/price_components/${component}/vat`;
      findings.push(finding('error', 'no_vat', pointer, 'Without the VAT rate, receipts cannot state the VAT.'));
    });
  });
  return findings;
}

/** Whether restrictions leave some moment at all; a window of the day that wraps is one. */
function neverMatch(restrictions: TariffRestrictions): boolean {
  const { start_date, end_date, min_kwh, max_kwh, min_power, max_power, min_current, max_current } = restrictions;
  const { min_duration, max_duration } = restrictions;
  const empty = <Value extends number | string>(from?: Value, until?: Value): boolean =>
    from !== undefined && until !== undefined && from >= until;
  return (
    empty(start_date, end_date) ||
    empty(min_kwh, max_kwh) ||
    empty(min_power, max_power) ||
    empty(min_current, max_current) ||
    empty(min_duration, max_duration)
  );
}

function isUnrestricted({ restrictions }: TariffElement): boolean {
  return (
    restrictions === undefined || Object.values(restrictions).every((value) => value === undefined || isEmpty(value))
  );
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function elementFindings(tariff: Tariff): AdHocFinding[] {
  const findings: AdHocFinding[] = [];
  const elements = sessionElements(tariff);
  for (const { element, index } of elements) {
    if (element.restrictions === undefined || !neverMatch(element.restrictions)) continue;
    const message = 'Its restrictions exclude each other: it prices nothing.';
    findings.push(finding('warning', 'never_matches', `/elements/${index}/restrictions`, message));
  }
  for (const type of DIMENSIONS) {
    const priced = elements.filter(({ element }) => element.price_components.some((each) => each.type === type));
    const last = priced.at(-1);
    if (last === undefined) continue;
    const always = priced.findIndex(({ element }) => isUnrestricted(element));
    if (always < 0) {
      const message = `${NAMES[type]} is free whenever the restrictions do not match: no element without restrictions prices it.`;
      findings.push(finding('warning', 'no_fallback', `/elements/${last.index}`, message));
      continue;
    }
    for (const { index } of priced.slice(always + 1)) {
      const message = `${NAMES[type]} is priced by element ${priced[always]?.index} already, always: this price is never used.`;
      findings.push(finding('warning', 'never_used', `/elements/${index}`, message));
    }
  }
  if (isFree(tariff)) {
    const [only] = tariff.elements;
    const plain =
      tariff.elements.length === 1 &&
      only !== undefined &&
      isUnrestricted(only) &&
      only.price_components.length === 1 &&
      only.price_components[0]?.type === 'FLAT';
    if (!plain) {
      const message = 'It is free of charge; that is written as one element without restrictions with one FLAT of 0.';
      findings.push(finding('warning', 'free_otherwise', '/elements', message));
    }
  }
  return findings;
}

/** What a screen with one price for each component cannot show. */
function shownFindings(tariff: Tariff): AdHocFinding[] {
  const findings: AdHocFinding[] = [];
  const elements = sessionElements(tariff);
  for (const type of DIMENSIONS) {
    const prices = new Set<number>();
    for (const { element } of elements) {
      for (const component of element.price_components) if (component.type === type) prices.add(component.price);
    }
    if (prices.size < 2) continue;
    const message = `${NAMES[type]} has ${prices.size} prices, which one applies changes during a session: a terminal that shows one price for each component shows it wrongly.`;
    findings.push(finding('warning', 'price_varies', '/elements', message));
  }
  tariff.elements.forEach((element, index) => {
    if (element.restrictions?.reservation !== undefined) {
      const message = 'Reservations are not made at terminals: this price is never used there.';
      findings.push(finding('hint', 'prices_reservation', `/elements/${index}`, message));
    }
    element.price_components.forEach(({ type, step_size, price }, component) => {
      if (type === 'FLAT' || step_size <= 1 || price === 0) return;
      const unit = type === 'ENERGY' ? 'Wh' : 'seconds';
      const message = `Is rounded up to blocks of ${step_size} ${unit}, which no terminal shows.`;
      const pointer = `/elements/${index}/price_components/${component}/step_size`;
      findings.push(finding('hint', 'in_blocks', pointer, message));
    });
  });
  return findings;
}

function powerFindings(tariff: Tariff, { maxPowerKw }: AdHocPlace): AdHocFinding[] {
  if (maxPowerKw === undefined || maxPowerKw < FAST_KW || isFree(tariff)) return [];
  const types = new Set(
    sessionElements(tariff).flatMap(({ element }) =>
      element.price_components.filter(({ price }) => price !== 0).map(({ type }) => type),
    ),
  );
  const findings: AdHocFinding[] = [];
  if (!types.has('ENERGY')) {
    const message = `At ${maxPowerKw} kW the ad-hoc price has to be per kWh in the EU, and there is none.`;
    findings.push(finding('error', 'no_price_per_kwh', '/elements', message));
  }
  if (types.has('FLAT')) {
    const message = `At ${maxPowerKw} kW the EU allows a price per kWh and a fee per minute of occupancy, no fee per session.`;
    findings.push(finding('warning', 'fee_of_session', '/elements', message));
  }
  return findings;
}

function languageFindings({ tariff_alt_text = [] }: Tariff, { languages = [] }: AdHocPlace): AdHocFinding[] {
  const findings: AdHocFinding[] = [];
  const spoken = new Map<string, number>();
  tariff_alt_text.forEach(({ language, text }: DisplayText, index) => {
    const known = spoken.get(language.toLowerCase());
    if (known === undefined) spoken.set(language.toLowerCase(), index);
    else {
      const message = `${language} is there twice, at ${known} too.`;
      findings.push(finding('warning', 'language_twice', `/tariff_alt_text/${index}`, message));
    }
    if (/\d[.,]\d{2}/.test(text)) {
      const message = 'It seems to name a price; prices stand in the elements, and only there.';
      findings.push(finding('hint', 'price_in_text', `/tariff_alt_text/${index}/text`, message));
    }
  });
  if (tariff_alt_text.length === 0) {
    const message = 'The languages of this text are those that the terminal offers; without it, drivers cannot choose.';
    findings.push(finding('warning', 'no_text', '/tariff_alt_text', message));
  }
  for (const language of languages) {
    if (spoken.has(language.toLowerCase()) || spoken.size === 0) continue;
    findings.push(finding('warning', 'language_missing', '/tariff_alt_text', `There is no text in ${language}.`));
  }
  return findings;
}

/**
 * Whether a connector has one tariff for payment at a terminal (TAR-06, TAR-08): AD_HOC_PAYMENT, else one without type.
 * @param tariffIds as the connector names them
 * @param known those of them that there are
 * @param now of several whose times of validity follow one another, the one that is valid then counts
 */
export function connectorTariffFindings(
  tariffIds: readonly string[],
  known: readonly Tariff[],
  now: Date,
): AdHocFinding[] {
  const findings: AdHocFinding[] = [];
  const ids = new Set(known.map(({ id }) => id.toUpperCase()));
  tariffIds.forEach((id, index) => {
    if (ids.has(id.toUpperCase())) return;
    findings.push(finding('error', 'unknown_tariff', `/tariff_ids/${index}`, `There is no tariff ${id}.`));
  });
  const candidates = adHocTariffs(known, now);
  const [invalid] = candidates.length > 0 ? [] : forTerminals(known);
  if (invalid !== undefined) {
    const message = `None of its tariffs for payment at a terminal is valid now: ${invalid.id} is ${validityOf(invalid)}.`;
    findings.push(finding('error', 'no_valid_tariff', '/tariff_ids', message));
  } else if (candidates.length === 0) {
    const message = 'None of its tariffs is for payment at a terminal: AD_HOC_PAYMENT, or without type.';
    findings.push(finding('error', 'no_tariff_for_terminals', '/tariff_ids', message));
  }
  if (candidates.length > 1) {
    const named = candidates.map(({ id }) => id).join(', ');
    const message = `${candidates.length} of its tariffs are for payment at a terminal (${named}): which one is shown and which one is billed may differ.`;
    findings.push(finding('error', 'several_tariffs_for_terminals', '/tariff_ids', message));
  }
  return findings;
}

/**
 * Those for payment at a terminal that are valid at a moment: AD_HOC_PAYMENT, else those for all sessions (PRC-32). There
 * should be one.
 */
export function adHocTariffs(known: readonly Tariff[], at: Date): Tariff[] {
  return forTerminals(known.filter((tariff) => isTariffValid(tariff, at)));
}

/** Whether its times of validity include the moment (TAR-16); the end is the first moment at which it is no longer valid. */
export function isTariffValid({ start_date_time, end_date_time }: Tariff, at: Date): boolean {
  const [from, until] = [start_date_time, end_date_time].map((text) => (text === undefined ? null : Date.parse(text)));
  return (from ?? Number.NEGATIVE_INFINITY) <= at.getTime() && at.getTime() < (until ?? Number.POSITIVE_INFINITY);
}

function forTerminals(known: readonly Tariff[]): Tariff[] {
  const adHoc = known.filter(({ type }) => type === 'AD_HOC_PAYMENT');
  return adHoc.length > 0 ? adHoc : known.filter(({ type }) => type === undefined);
}

function validityOf({ start_date_time, end_date_time }: Tariff): string {
  const from = start_date_time === undefined ? '' : ` from ${start_date_time}`;
  return `valid${from}${end_date_time === undefined ? '' : ` until ${end_date_time}`}`;
}
