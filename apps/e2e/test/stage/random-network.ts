import type { JsonObject, Random } from '@voltap/simulator';

const LOCATIONS = 20;
const EVSES = 4;
const PARTY = { country_code: 'DE', party_id: 'VLT' };
const LAST_UPDATED = '2026-01-01T00:00:00Z';

/** Places that are all free, each EVSE under a tariff of its own that has a bit of everything. */
export function randomNetwork(random: Random): { readonly locations: JsonObject[]; readonly tariffs: JsonObject[] } {
  const tariffs: JsonObject[] = [];
  const locations = Array.from({ length: LOCATIONS }, (_, index) => ({
    ...PARTY,
    id: `RND-${index}`,
    publish: true,
    name: `Place ${index}`,
    address: `Street ${index}`,
    city: 'Auenhain',
    postal_code: '07999',
    country: 'DEU',
    coordinates: { latitude: '50.68421', longitude: '11.91357' },
    time_zone: 'Europe/Berlin',
    evses: Array.from({ length: EVSES }, (__, position) => {
      const id = `T-${index}-${position}`;
      tariffs.push(randomTariff(id, random));
      return {
        uid: `RND-E${index}-${position}`,
        evse_id: `DE*VLT*E${index}*${position}`,
        status: 'AVAILABLE',
        capabilities: ['REMOTE_START_STOP_CAPABLE', 'CONTACTLESS_CARD_SUPPORT'],
        physical_reference: `${index}${'ABCD'[position]}`,
        connectors: [
          {
            id: '1',
            standard: 'IEC_62196_T2_COMBO',
            format: 'CABLE',
            power_type: 'DC',
            max_voltage: 920,
            max_amperage: 200,
            max_electric_power: 150_000,
            tariff_ids: [id],
            last_updated: LAST_UPDATED,
          },
        ],
        last_updated: LAST_UPDATED,
      };
    }),
    last_updated: LAST_UPDATED,
  }));
  return { locations, tariffs };
}

function randomTariff(id: string, random: Random): JsonObject {
  const price = (least: number, most: number): number => random.whole(least, most) / 10_000;
  const vat = random.pick([0, 7, 19, 21.5]);
  const component = (type: string, amount: number, stepSizes: readonly number[]): JsonObject => ({
    type,
    price: amount,
    vat,
    step_size: random.pick(stepSizes),
  });
  const always = [
    component('ENERGY', price(2_000, 7_900), [1, 1, 100, 1_000]),
    ...(random.whole(1, 3) === 1 ? [component('TIME', price(5_000, 40_000), [1, 60, 300])] : []),
    ...(random.whole(1, 2) === 1 ? [component('PARKING_TIME', price(10_000, 90_000), [1, 60, 900])] : []),
    ...(random.whole(1, 3) === 1 ? [component('FLAT', price(1_000, 15_000), [1])] : []),
  ];
  const first = random.pick<JsonObject>([
    { max_kwh: random.whole(5, 20) },
    { max_duration: random.whole(5, 40) * 60 },
    { start_time: '18:00', end_time: '07:00' },
    { day_of_week: ['SATURDAY', 'SUNDAY'] },
  ]);
  return {
    ...PARTY,
    id,
    currency: 'EUR',
    type: 'AD_HOC_PAYMENT',
    tariff_alt_text: [{ language: 'en', text: `Tariff ${id}` }],
    preauthorize_amount: random.pick([5, 20, 60]),
    ...(random.whole(1, 4) === 1 ? { min_price: { before_taxes: price(5_000, 20_000) } } : {}),
    ...(random.whole(1, 4) === 1 ? { max_price: { before_taxes: price(80_000, 200_000) } } : {}),
    elements: [
      ...(random.whole(1, 2) === 1
        ? [{ price_components: [component('ENERGY', price(1_000, 3_900), [1, 500])], restrictions: first }]
        : []),
      { price_components: always },
    ],
    tax_included: 'NO',
    last_updated: LAST_UPDATED,
  };
}
