import { type Decimal, decimal } from '@voltap/kernel';
import { type Conversion, type ConversionRun, convertField, dropField, type Fields, isFields } from './conversion.js';
import { energyMixTo221 } from './location.js';
import { downgradeLimit, exactNumber, upgradeLimit } from './price.js';

/** Prices that are taken out of a tax-included price keep six decimals; the amount they lead to is rounded later. */
const NET_PRICE_DECIMALS = 6;

const UNTAXABLE = 'a price that includes an unstated tax cannot be expressed in OCPI 2.2.1';

/** OCPI 2.2.1 prices are always without VAT, limits are Prices, and there is no pre-authorisation amount (TAR-21). */
export const tariffConversion: Conversion = {
  upgrade(tariff, run, pointer) {
    let result = convertField(tariff, 'min_price', upgradeLimit, run, pointer);
    result = convertField(result, 'max_price', upgradeLimit, run, pointer);
    if (!('tax_included' in result)) result = { ...result, tax_included: 'NO' };
    const { max_price, ...rest } = result;
    if (!run.policy.maxPriceAsPreauthorization || !isFields(max_price)) return result;
    return { ...rest, preauthorize_amount: max_price.after_taxes ?? max_price.before_taxes };
  },

  downgrade(tariff, run, pointer) {
    const rates = vatRates(tariff, run);
    const taxed = withoutTaxes(tariff, run, pointer);
    if (taxed === undefined) {
      run.lose(pointer, UNTAXABLE);
      return undefined;
    }
    const { preauthorize_amount, tax_included, ...rest } = taxed;
    if (tax_included !== undefined && tax_included !== 'NO') {
      run.lose(`${pointer}/tax_included`, 'prices of OCPI 2.2.1 are without VAT');
    }
    let result: Fields = rest;
    result = convertField(result, 'min_price', downgradeLimit, run, pointer);
    result = convertField(result, 'max_price', downgradeLimit, run, pointer);
    result = convertField(result, 'energy_mix', energyMixTo221, run, pointer);
    if (typeof preauthorize_amount !== 'number') {
      if (run.policy.maxPriceAsPreauthorization && isFields(result.max_price)) readAsPreauthorization(run, pointer);
      return result;
    }
    if (!run.policy.maxPriceAsPreauthorization) {
      return dropField({ ...result, preauthorize_amount }, 'preauthorize_amount', run, pointer);
    }
    return preauthorizationAsLimit(result, preauthorize_amount, rates, run, pointer);
  },
};

/** Distinct VAT percentages of the components, ascending. */
function vatRates(tariff: Fields, run: ConversionRun): readonly number[] {
  const rates = new Set<number>();
  for (const component of components(tariff)) {
    const vat = component.vat ?? (tariff.tax_included === 'YES' ? run.policy.vatWhenUnstated : undefined);
    if (typeof vat === 'number') rates.add(vat);
  }
  return [...rates].sort((left, right) => left - right);
}

function components(tariff: Fields): Fields[] {
  const elements = Array.isArray(tariff.elements) ? tariff.elements.filter(isFields) : [];
  return elements.flatMap((element) =>
    Array.isArray(element.price_components) ? element.price_components.filter(isFields) : [],
  );
}

function withoutRate(price: number, vat: number): Decimal {
  return decimal(price).div(decimal(vat).div(100).plus(1));
}

/** The tariff with prices before taxes; undefined when a price includes a tax nobody stated. */
function withoutTaxes(tariff: Fields, run: ConversionRun, pointer: string): Fields | undefined {
  if (tariff.tax_included !== 'YES' || !Array.isArray(tariff.elements)) return tariff;
  let expressible = true;
  const elements = tariff.elements.map((element: unknown, index) => {
    if (!isFields(element) || !Array.isArray(element.price_components)) return element;
    const price_components = element.price_components.map((component: unknown, position) => {
      if (!isFields(component) || typeof component.price !== 'number' || component.price === 0) return component;
      const vat = component.vat ?? run.policy.vatWhenUnstated;
      if (typeof vat !== 'number') {
        expressible = false;
        return component;
      }
      run.lose(`${pointer}/elements/${index}/price_components/${position}/price`, `${vat} % VAT taken out`);
      if (component.vat === undefined) {
        run.lose(`${pointer}/elements/${index}/price_components/${position}/vat`, 'stated from the settings');
      }
      const price = exactNumber(withoutRate(component.price, vat).toDecimalPlaces(NET_PRICE_DECIMALS));
      return { ...component, price, vat };
    });
    return { ...element, price_components };
  });
  return expressible ? { ...tariff, elements } : undefined;
}

/** Under the agreement a cap on the bill is also taken for the amount to reserve. */
function readAsPreauthorization(run: ConversionRun, pointer: string): void {
  run.lose(`${pointer}/preauthorize_amount`, 'max_price says how much to reserve');
  run.lose(`${pointer}/max_price`, 'read as the amount to reserve');
}

/**
 * By agreement `max_price` carries the amount to reserve (PAY-67). The amount is what the consumer pays, so it is
 * `incl_vat`; `excl_vat` takes out the lowest rate in the tariff, so that it is never the tighter of the two. A real
 * `max_price` below it stays: the bill cannot exceed that.
 */
function preauthorizationAsLimit(
  tariff: Fields,
  amount: number,
  rates: readonly number[],
  run: ConversionRun,
  pointer: string,
): Fields {
  const limit = tariff.max_price;
  if (isFields(limit)) {
    const gross = limit.incl_vat ?? limit.excl_vat;
    if (typeof gross === 'number' && gross <= amount) {
      readAsPreauthorization(run, pointer);
      return tariff;
    }
    run.lose(`${pointer}/max_price`, 'replaced by the amount to reserve');
  }
  const net = withoutRate(amount, rates[0] ?? 0).toDecimalPlaces(4);
  return { ...tariff, max_price: { excl_vat: exactNumber(net), incl_vat: amount } };
}
