import { currency, decimal, formatMoney, minorUnits, money, VoltapError } from '@voltap/kernel';
import { z } from 'zod';
import { dateTimeSchema } from '../model/index.js';
import { noteText } from './note-text.js';
import { readTariffRequest, tariffDocument } from './price-request.js';
import { whatWillThisBuy } from './what-will-this-buy.js';

export const purchaseRequestSchema = z
  .object({
    tariff: tariffDocument.describe('OCPI 2.3.0 Tariff'),
    amount: z.number().positive().optional().describe('With taxes; default: preauthorize_amount of the tariff'),
    powerKw: z.number().positive().max(10_000).describe('Charging at this constant power'),
    startedAt: dateTimeSchema.describe('When charging begins'),
    timeZone: z.string().optional().describe('IANA zone of the location; needed where the tariff follows the clock'),
  })
  .strict();

export const purchaseAnswerSchema = z.object({
  currency: z.string(),
  amount: z.string(),
  limitedBy: z
    .enum(['amount', 'horizon', 'already_exceeded'])
    .describe('`horizon`: it lasts for more than can be charged; `already_exceeded`: the session costs more at once'),
  kwh: z.string(),
  hours: z.string(),
  afterTaxes: z.string().describe('What the session costs when it stops there'),
  text: z.string(),
  notes: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type PurchaseAnswer = z.infer<typeof purchaseAnswerSchema>;

/**
 * How far an amount reaches under a tariff.
 * @param request see `purchaseRequestSchema`
 * @throws VoltapError invalid_parameter, which names every field that is wrong, and why
 */
export function answerPurchaseRequest(request: unknown): PurchaseAnswer {
  const { tariff, amount, powerKw, startedAt, timeZone } = readTariffRequest(purchaseRequestSchema, request);
  const available = amount ?? tariff.preauthorize_amount;
  if (available === undefined) {
    const message = 'is needed, since the tariff has no preauthorize_amount';
    throw new VoltapError('invalid_parameter', `/amount: ${message}.`, {
      violations: [{ pointer: '/amount', message }],
    });
  }
  const bought = whatWillThisBuy({
    tariff,
    amount: decimal(available),
    powerKw,
    startedAt,
    timeZone: timeZone ?? 'UTC',
  });
  const places = minorUnits(currency(tariff.currency));
  const afterTaxes = bought.cost.totals.afterTaxes;
  const kwh = bought.kwh.toString();
  const hours = bought.hours.toDecimalPlaces(4).toString();
  const having = formatMoney(money(available, tariff.currency));
  const costs = formatMoney(money(afterTaxes, tariff.currency));
  const texts = {
    amount: `${having} buy ${kwh} kWh: ${hours} h at ${powerKw} kW, for ${costs}.`,
    horizon: `${having} buy more than ${kwh} kWh: that many cost ${costs}.`,
    already_exceeded: `${having} buy nothing: a session costs ${costs} from its first moment.`,
  };
  return {
    currency: tariff.currency,
    amount: decimal(available).toFixed(places),
    limitedBy: bought.limitedBy,
    kwh,
    hours,
    afterTaxes: afterTaxes.toFixed(places),
    text: texts[bought.limitedBy],
    notes: bought.cost.notes.map((note) => ({ code: note.code, message: noteText(note) })),
  };
}
