import { decimal } from '@voltap/kernel';
import { type JsonObject, numberOf, objectsOf, textOf } from '../wire/json.js';

interface Words {
  readonly kWh: string;
  readonly minuteCharging: string;
  readonly minuteParking: string;
  readonly session: string;
  readonly including: string;
}

const WORDS: Readonly<Record<string, Words>> = {
  en: {
    kWh: 'per kWh',
    minuteCharging: 'per minute of charging',
    minuteParking: 'per minute of parking',
    session: 'per session',
    including: 'VAT included',
  },
  de: {
    kWh: 'pro kWh',
    minuteCharging: 'pro Minute Laden',
    minuteParking: 'pro Minute Parken',
    session: 'pro Ladevorgang',
    including: 'inkl. MwSt.',
  },
};

/** Languages that the terminal offers: those of the tariff's texts (payter.md F24), English when it has none. */
export function tariffLanguages(tariff: JsonObject | undefined): string[] {
  const languages = objectsOf(tariff, 'tariff_alt_text').flatMap((each) => textOf(each, 'language') ?? []);
  return languages.length > 0 ? [...new Set(languages)] : ['en'];
}

/** The entry of a list of DisplayTexts in a language, else in English, else the first. */
export function textIn(texts: readonly JsonObject[], language: string): string | null {
  const found =
    texts.find((each) => textOf(each, 'language') === language) ??
    texts.find((each) => textOf(each, 'language') === 'en') ??
    texts[0];
  return textOf(found, 'text') ?? null;
}

/**
 * The price as a driver reads it before the start: every price component with VAT, times per minute, in the order of the
 * elements; those that hold under restrictions only are marked `*`.
 */
export function priceText(tariff: JsonObject, language: string): string {
  const words = WORDS[language] ?? WORDS.en;
  if (!words) throw new RangeError('no words for English');
  const currency = textOf(tariff, 'currency') ?? 'EUR';
  const onTop = textOf(tariff, 'tax_included') === undefined || textOf(tariff, 'tax_included') === 'NO';
  const parts = objectsOf(tariff, 'elements').flatMap((element) =>
    objectsOf(element, 'price_components').map((component) => {
      const vat = decimal(numberOf(component, 'vat') ?? 0);
      const price = decimal(numberOf(component, 'price') ?? 0);
      const gross = onTop ? price.times(vat.dividedBy(100).plus(1)) : price;
      const type = textOf(component, 'type') ?? '';
      const perTime = type === 'TIME' || type === 'PARKING_TIME';
      const shown = (perTime ? gross.dividedBy(60) : gross).toDecimalPlaces(4);
      const digits = Math.max(2, shown.decimalPlaces());
      const conditional = Object.keys((element.restrictions as JsonObject | undefined) ?? {}).length > 0 ? ' *' : '';
      return `${shown.toFixed(digits)} ${currency} ${unit(type, words)}${conditional}`;
    }),
  );
  return `${parts.join(', ')} (${words.including})`;
}

function unit(type: string, words: Words): string {
  switch (type) {
    case 'ENERGY':
      return words.kWh;
    case 'TIME':
      return words.minuteCharging;
    case 'PARKING_TIME':
      return words.minuteParking;
    default:
      return words.session;
  }
}
