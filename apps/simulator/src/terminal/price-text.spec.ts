import { describe, expect, it } from '@jest/globals';
import { sampleTariffs } from '../sample/sample-network.js';
import { priceText, tariffLanguages } from './price-text.js';

describe('price on the screen', () => {
  const [ac] = sampleTariffs();

  it('shows every component with VAT, times per minute, in the languages of the tariff', () => {
    expect(tariffLanguages(ac)).toEqual(['en', 'de']);
    expect(priceText(ac ?? {}, 'en')).toBe('0.49 EUR per kWh, 0.05 EUR per minute of parking (VAT included)');
    expect(priceText(ac ?? {}, 'de')).toBe('0.49 EUR pro kWh, 0.05 EUR pro Minute Parken (inkl. MwSt.)');
  });

  it('adds no VAT where the tariff contains it', () => {
    const tariff = {
      currency: 'EUR',
      tax_included: 'YES',
      elements: [{ price_components: [{ type: 'FLAT', price: 1.5, vat: 19, step_size: 1 }] }],
    };
    expect(priceText(tariff, 'en')).toBe('1.50 EUR per session (VAT included)');
  });
});
