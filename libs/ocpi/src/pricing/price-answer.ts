import { currency, type Decimal, minorUnits } from '@voltap/kernel';
import { z } from 'zod';
import { cdrDifferences } from './cdr-differences.js';
import { noteText } from './note-text.js';
import { totalsForCdr } from './ocpi-price.js';
import { readPriceRequest } from './price-request.js';
import { priceSession } from './price-session.js';
import type { Amounts, PriceLine, PriceNote } from './priced.js';
import { roundPriced } from './round.js';

const amountText = z.string().describe('Decimal text');
const taxSchema = z.object({ name: z.string(), percentage: z.string().nullable(), amount: amountText });
const amountsSchema = z.object({ beforeTaxes: amountText, taxes: z.array(taxSchema), afterTaxes: amountText });
type AmountTexts = z.infer<typeof amountsSchema>;

export const priceAnswerSchema = z.object({
  currency: z.string(),
  startedAt: z.string(),
  until: z.string(),
  hours: z.string(),
  totals: amountsSchema.describe('Rounded: what is paid'),
  exact: amountsSchema.describe('Before rounding'),
  rounding: z.string().describe('How the one was made from the other'),
  lines: z
    .array(
      amountsSchema.extend({
        dimension: z.string(),
        text: z.string(),
        quantity: z.string().describe('Billed, step_size included'),
        measuredQuantity: z.string(),
        unit: z.string(),
        price: z.string().describe('Per unit, as the tariff states it'),
        vat: z.string().nullable(),
        tariffId: z.string(),
        element: z.number().int().nullable().describe('Index in the elements of the tariff; null for a limit'),
      }),
    )
    .describe('Rounded; they add up to the totals'),
  costs: z.looseObject({}).describe('The fields of a CDR: total_cost and the partial costs, as OCPI writes them'),
  notes: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      dimension: z.string().optional(),
      periodStart: z.string().optional(),
      limit: z.string().optional(),
      tariffId: z.string().optional(),
    }),
  ),
  differences: z
    .array(
      z.object({
        pointer: z.string(),
        stated: z.string().nullable(),
        calculated: z.string().nullable(),
        difference: z.string(),
      }),
    )
    .nullable()
    .describe('Where a CDR says something else; null for a session'),
});
export type PriceAnswer = z.infer<typeof priceAnswerSchema>;

/**
 * What a session or CDR costs under its tariffs, with an explanation: `voltap price` and the back-office API.
 * @param request see `priceRequestSchema`
 * @throws VoltapError invalid_parameter, which names every field that is wrong, and why
 */
export function answerPriceRequest(request: unknown): PriceAnswer {
  const { input, assumed, cdr } = readPriceRequest(request);
  const exact = priceSession(input);
  const rounded = roundPriced(exact);
  const costs = totalsForCdr(rounded);
  const places = minorUnits(currency(exact.currency));
  return {
    currency: exact.currency,
    startedAt: momentText(input.startedAt),
    until: momentText(input.endedAt ?? input.now),
    hours: exact.duration.toDecimalPlaces(4).toString(),
    totals: amountsOf(rounded.totals, places),
    exact: amountsOf(exact.totals),
    rounding: `Once, at the end: the total with taxes and each tax half up to ${places} decimals, the total before taxes is the rest; lines share them by the largest remainder.`,
    lines: rounded.lines.map((line) => lineOf(line, exact.currency, places)),
    costs,
    notes: [...assumed, ...exact.notes].map(noteOf),
    differences: cdr === undefined ? null : cdrDifferences(cdr, costs),
  };
}

function momentText(moment: Date | string | undefined): string {
  return moment instanceof Date ? moment.toISOString() : (moment ?? '');
}

function noteOf(note: PriceNote): PriceAnswer['notes'][number] {
  return { ...note, message: noteText(note) };
}

function amountsOf({ beforeTaxes, afterTaxes, taxes }: Amounts, places?: number): AmountTexts {
  const text = (amount: Decimal): string => (places === undefined ? amount.toString() : amount.toFixed(places));
  return {
    beforeTaxes: text(beforeTaxes),
    taxes: taxes.map(({ name, percentage, amount }) => ({
      name,
      percentage: percentage?.toString() ?? null,
      amount: text(amount),
    })),
    afterTaxes: text(afterTaxes),
  };
}

function lineOf(line: PriceLine, code: string, places: number): PriceAnswer['lines'][number] {
  const { dimension, unit, tariffId, elementIndex, vat } = line;
  const quantity = line.quantity.toDecimalPlaces(9).toString();
  const measuredQuantity = line.measuredQuantity.toDecimalPlaces(9).toString();
  const price = line.price.toString();
  const amounts = amountsOf(line, places);
  return {
    dimension,
    text: textOf({ ...amounts, dimension, unit, quantity, measuredQuantity, price }, code),
    quantity,
    measuredQuantity,
    unit,
    price,
    vat: vat?.toString() ?? null,
    tariffId,
    element: elementIndex ?? null,
    ...amounts,
  };
}

const NAMES: Readonly<Record<PriceLine['dimension'], string>> = {
  reservation: 'Reservation',
  fixed: 'Fee',
  energy: 'Energy',
  time: 'Charging time',
  parking: 'Parking time',
  limit: 'Minimum or maximum price',
};

/** `Energy: 5.5 kWh at 0.27 EUR (5.4 measured) = 1.49 EUR + VAT 10 % 0.15 = 1.64 EUR`. */
function textOf(
  line: AmountTexts & {
    readonly dimension: PriceLine['dimension'];
    readonly unit: string;
    readonly quantity: string;
    readonly measuredQuantity: string;
    readonly price: string;
  },
  code: string,
): string {
  const { dimension, unit, quantity, measuredQuantity, price, beforeTaxes, taxes, afterTaxes } = line;
  const rounded = quantity === measuredQuantity ? '' : ` (${measuredQuantity} measured)`;
  const what = unit === 'once' ? '' : ` ${quantity} ${unit} at ${price} ${code}${rounded} =`;
  const added = taxes.map(({ name, percentage, amount }) => {
    const rate = percentage === null ? '' : ` ${percentage} %`;
    return ` + ${name}${rate} ${amount}`;
  });
  const total = taxes.length === 0 ? '' : ` = ${afterTaxes} ${code}`;
  return `${NAMES[dimension]}:${what} ${beforeTaxes} ${code}${added.join('')}${total}`;
}
