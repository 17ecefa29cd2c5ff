import type { NoteCode, PriceNote } from './priced.js';

const TEXTS: Readonly<Record<NoteCode, string>> = {
  period_spans_price_change:
    'A charging period spans a change of its price and does not say how much came before it: billed at the price of its start.',
  energy_split_by_time:
    'A charging period spans a change of the price of energy; its one power says how much came before it.',
  limit_applied: 'The total was set to this limit of the tariff; partial costs are shown without it.',
  limit_inconsistent: 'This limit of the tariff is lower with taxes than without: the stricter of the two bounds both.',
  no_vat_known: 'The tariff states no VAT for something that is billed: the cost with taxes is the one without.',
  time_inferred: 'A charging period has energy and no times: its whole length was taken as charging time.',
  time_unknown: 'A charging period has neither times nor energy: its length was not billed.',
  time_exceeds_period:
    'Charging and parking in a charging period last longer than the period: billed as they are stated.',
  order_assumed:
    'A charging period has times whose price changes inside of it: charging was taken first, then parking, from its start on.',
  power_derived: 'The tariff looks at the power, which a charging period does not state: its mean was taken.',
  power_unknown:
    'The tariff looks at the power, which a charging period does not tell: elements that need it were not applied.',
  current_unknown:
    'The tariff looks at the current, which a charging period does not tell: elements that need it were not applied.',
  energy_negative: 'More energy was fed back than taken: the difference is paid out, without rounding to blocks.',
  other_tariff_named: 'A charging period names a tariff that was not given: priced by the one before.',
  tariff_not_named: 'A charging period does not say which of the tariffs it is under: priced by the one before.',
  several_tariffs: 'The session ran under several tariffs: minimum and maximum price of each bound what it charged.',
  tax_included_missing: 'The tariff does not say whether its prices contain taxes: taken as prices without.',
  periods_missing: 'There are no charging periods: all energy was taken as one period from start to end.',
  energy_differs: 'The charging periods add up to another energy than the session states: the periods were billed.',
  energy_implausible: 'The energy means more than 2 MW on average: volumes are kWh, not Wh.',
  end_assumed: 'There is no end yet: priced until the moment of the last change.',
  not_billed: 'The session is INVALID: nothing is billed.',
};

/** What a note says, for people. */
export function noteText({ code, dimension, limit, tariffId, periodStart }: PriceNote): string {
  const about = [limit, dimension, tariffId && `tariff ${tariffId}`, periodStart && `first at ${periodStart}`];
  const known = about.filter((each) => each !== undefined);
  return `${TEXTS[code]}${known.length === 0 ? '' : ` (${known.join(', ')})`}`;
}
