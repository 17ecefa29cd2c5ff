import { decimal, type FieldViolation, VoltapError } from '@voltap/kernel';
import { z } from 'zod';
import {
  chargingPeriodSchema,
  currencySchema,
  dateTimeSchema,
  isTimeZone,
  list,
  nonEmpty,
  numberSchema,
  object,
  optional,
  priceLimitSchema,
  priceSchema,
  tariffElementSchema,
  taxIncludedSchema,
} from '../model/index.js';
import { cdrPeriods } from './cdr-periods.js';
import { dependsOnLocalTime, periodFaults, tariffFieldFaults } from './faults.js';
import type { PriceSessionInput, PricingTariff } from './input.js';
import type { PriceNote } from './priced.js';
import { HOUR_MS } from './usage.js';

/** As much of a tariff as prices anything; the rest of the document is not looked at. */
export const tariffDocument = object({
  id: z.string().min(1),
  currency: currencySchema,
  min_price: optional(priceLimitSchema),
  max_price: optional(priceLimitSchema),
  preauthorize_amount: optional(numberSchema),
  elements: nonEmpty(tariffElementSchema),
  tax_included: optional(taxIncludedSchema),
});

const sessionDocument = object({
  start_date_time: dateTimeSchema,
  end_date_time: optional(dateTimeSchema),
  kwh: numberSchema,
  currency: optional(currencySchema),
  charging_periods: list(chargingPeriodSchema),
  status: optional(z.string()),
  last_updated: optional(dateTimeSchema),
});

const cost = optional(priceSchema);
const cdrDocument = object({
  start_date_time: dateTimeSchema,
  end_date_time: dateTimeSchema,
  currency: optional(currencySchema),
  tariffs: list(tariffDocument),
  charging_periods: nonEmpty(chargingPeriodSchema),
  total_cost: cost,
  total_fixed_cost: cost,
  total_energy: optional(numberSchema),
  total_energy_cost: cost,
  total_time: optional(numberSchema),
  total_time_cost: cost,
  total_parking_time: optional(numberSchema),
  total_parking_cost: cost,
  total_reservation_cost: cost,
});
export type StatedCdr = z.infer<typeof cdrDocument>;

export const priceRequestSchema = z
  .object({
    tariffs: z
      .array(tariffDocument)
      .optional()
      .describe('OCPI 2.3.0 Tariffs, the first for every period that names no other; of a CDR, instead of its own'),
    session: sessionDocument.optional().describe('OCPI Session; either it or a CDR'),
    cdr: cdrDocument.optional().describe('OCPI CDR: priced anew and compared'),
    timeZone: z.string().optional().describe('IANA zone of the location; needed where the tariff follows the clock'),
    until: dateTimeSchema
      .optional()
      .describe('Up to when a session without an end is priced; default: its last change'),
    reservation: z
      .object({ from: dateTimeSchema, until: dateTimeSchema, expired: z.boolean().default(false) })
      .optional(),
    taxName: z.string().min(1).max(255).optional().describe('Name of the tax that `vat` is; default VAT'),
  })
  .strict();
export type PriceRequest = z.infer<typeof priceRequestSchema>;

/** A request that can be priced, and what had to be assumed to read it. */
export interface ReadPriceRequest {
  readonly input: PriceSessionInput;
  readonly assumed: readonly PriceNote[];
  readonly cdr: StatedCdr | undefined;
}

const ENERGY_TOLERANCE_KWH = 0.001;
/** More than any charge point gives. */
const MOST_KW = 2000;

/** @throws VoltapError invalid_parameter, which names every field that is wrong, and why */
export function readPriceRequest(value: unknown): ReadPriceRequest {
  const request = parse(priceRequestSchema, value);
  const { session, cdr, timeZone, until, reservation, taxName } = request;
  const charge = cdr ?? session;
  if (charge === undefined || (cdr !== undefined && session !== undefined)) {
    throw invalid([{ pointer: '/session', message: 'either a session or a CDR is needed' }]);
  }
  const where = cdr === undefined ? '/session' : '/cdr';
  const given = request.tariffs ?? [];
  const tariffs: readonly PricingTariff[] = given.length > 0 ? given : (cdr?.tariffs ?? []);
  const [tariff, ...otherTariffs] = tariffs;
  const tariffsAt = given.length > 0 || cdr === undefined ? '/tariffs' : '/cdr/tariffs';
  if (tariff === undefined) throw invalid([{ pointer: tariffsAt, message: 'at least one tariff is needed' }]);

  const end = charge.end_date_time ?? until ?? lastChange(session);
  const faults = [
    ...tariffFieldFaults(tariffs, (index) => `${tariffsAt}/${index}`),
    ...currencyFaults(charge.currency, tariff, where),
    ...zoneFaults(timeZone, tariffs),
    ...(end === undefined
      ? [{ pointer: `${where}/end_date_time`, message: 'is missing, as is the moment until which to price' }]
      : periodFaults({ ...charge, end_date_time: end }, where)),
  ];
  if (faults.length > 0 || end === undefined) throw invalid(faults);

  const assumed: PriceNote[] = [];
  if (charge.end_date_time === undefined && until === undefined) assumed.push({ code: 'end_assumed' });
  const { charging_periods = [] } = charge;
  if (charging_periods.length === 0) assumed.push({ code: 'periods_missing' });
  const periods =
    session === undefined
      ? charging_periods
      : cdrPeriods({ ...session, charging_periods: session.charging_periods ?? [] });
  const stated = session?.kwh ?? cdr?.total_energy;
  const counted = periods
    .flatMap(({ dimensions }) => dimensions)
    .filter(({ type }) => type === 'ENERGY')
    .reduce((sum, { volume }) => sum.plus(decimal(volume)), decimal(0));
  if (stated !== undefined && counted.minus(decimal(stated)).abs().greaterThan(ENERGY_TOLERANCE_KWH)) {
    assumed.push({ code: 'energy_differs', dimension: 'energy' });
  }
  const lastedHours = (Date.parse(end) - Date.parse(charge.start_date_time)) / HOUR_MS;
  if (counted.greaterThan(Math.max(1, MOST_KW * lastedHours))) assumed.push({ code: 'energy_implausible' });
  const facts = { timeZone: timeZone ?? 'UTC', taxName, reservation, startedAt: charge.start_date_time };
  if (session?.status === 'INVALID') {
    const free = { ...tariff, elements: [], min_price: undefined, max_price: undefined };
    return { input: { ...facts, tariff: free, periods: [], endedAt: end }, assumed: [{ code: 'not_billed' }], cdr };
  }
  return { input: { ...facts, tariff, otherTariffs, periods, endedAt: end }, assumed, cdr };
}

/** A request about one tariff. @throws VoltapError invalid_parameter as `readPriceRequest` */
export function readTariffRequest<Schema extends z.ZodType<{ tariff: PricingTariff; timeZone?: string | undefined }>>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const request = parse(schema, value);
  const faults = [
    ...tariffFieldFaults([request.tariff], () => '/tariff'),
    ...zoneFaults(request.timeZone, [request.tariff]),
  ];
  if (faults.length > 0) throw invalid(faults);
  return request;
}

const MISSING = /^Invalid input: expected (\w+), received undefined$/;

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues.map(({ path, message }) => {
      const pointer = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
      return { pointer, message: oldForm(value, path) ?? message.replace(MISSING, 'is missing: it is a $1') };
    }),
  );
}

function lastChange(session: PriceRequest['session']): string | undefined {
  if (session?.last_updated === undefined) return undefined;
  const moments = [session.last_updated, session.start_date_time];
  for (const { start_date_time } of session.charging_periods ?? []) moments.push(start_date_time);
  return moments.reduce((latest, moment) => (Date.parse(moment) > Date.parse(latest) ? moment : latest));
}

function currencyFaults(stated: string | undefined, { id, currency }: PricingTariff, where: string): FieldViolation[] {
  if (stated === undefined || stated === currency) return [];
  return [{ pointer: `${where}/currency`, message: `is ${stated}, but tariff ${id} is in ${currency}` }];
}

function zoneFaults(timeZone: string | undefined, tariffs: readonly PricingTariff[]): FieldViolation[] {
  if (timeZone !== undefined) {
    return isTimeZone(timeZone)
      ? []
      : [{ pointer: '/timeZone', message: `${timeZone} is no name of a zone, like Europe/Berlin` }];
  }
  const follows = dependsOnLocalTime(tariffs);
  return follows === undefined
    ? []
    : [{ pointer: '/timeZone', message: `is needed: ${follows} follows the clock of the location` }];
}

/** Objects of 2.2.1 look alike, and are told apart by what they lack. */
function oldForm(value: unknown, path: readonly PropertyKey[]): string | undefined {
  if (path.at(-1) !== 'before_taxes') return undefined;
  let parent: unknown = value;
  for (const step of path.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown> | undefined)?.[step];
  return typeof parent === 'object' && parent !== null && 'excl_vat' in parent
    ? 'is missing; {excl_vat, incl_vat} is how OCPI 2.2.1 writes it, 2.3.0 writes before_taxes and after_taxes or taxes'
    : undefined;
}

function invalid(violations: readonly FieldViolation[]): VoltapError {
  const [first] = violations;
  const message = first === undefined ? 'The request is invalid.' : `${first.pointer || '/'}: ${first.message}.`;
  return new VoltapError('invalid_parameter', message, { violations });
}
