import { type Conversion, type Convert, convertField, convertList } from './conversion.js';
import { downgradePrice, upgradePrice } from './price.js';
import { tariffConversion } from './tariff.js';
import { tokenTypeTo221 } from './token.js';

const COSTS = [
  'total_cost',
  'total_fixed_cost',
  'total_energy_cost',
  'total_time_cost',
  'total_parking_cost',
  'total_reservation_cost',
] as const;

function prices(names: readonly string[], convert: Convert): Convert {
  return (value, run, pointer) =>
    names.reduce((result, name) => convertField(result, name, convert, run, pointer), value);
}

const upgradeCosts = prices(COSTS, upgradePrice);
const downgradeCosts = prices(COSTS, downgradePrice);

/** Complete sessions and PATCHes of them: `total_cost` where it is given. */
export const sessionConversion: Conversion = {
  upgrade: upgradeCosts,
  downgrade: (session, run, pointer) =>
    convertField(downgradeCosts(session, run, pointer) ?? session, 'cdr_token', tokenTypeTo221, run, pointer),
};

/** A tariff that 2.2.1 cannot express is left out of the copies in the CDR; the CDR itself always goes out. */
export const cdrConversion: Conversion = {
  upgrade: (cdr, run, pointer) =>
    convertList(upgradeCosts(cdr, run, pointer) ?? cdr, 'tariffs', tariffConversion.upgrade, run, pointer),
  downgrade(cdr, run, pointer) {
    const result = convertField(downgradeCosts(cdr, run, pointer) ?? cdr, 'cdr_token', tokenTypeTo221, run, pointer);
    return convertList(result, 'tariffs', tariffConversion.downgrade, run, pointer);
  },
};

export const confirmationConversion: Conversion = {
  upgrade: prices(['total_costs'], upgradePrice),
  downgrade: prices(['total_costs'], downgradePrice),
};

/** Prices only, for a peer that speaks 2.3.0 with the prices of 2.2.1. */
export const oldPrices: Readonly<Partial<Record<string, Conversion>>> = {
  Session: { upgrade: upgradeCosts, downgrade: downgradeCosts },
  CDR: { upgrade: upgradeCosts, downgrade: downgradeCosts },
  FinancialAdviceConfirmation: confirmationConversion,
};
