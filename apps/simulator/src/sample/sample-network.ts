import { Random } from '../random.js';
import type { JsonObject } from '../wire/json.js';

/** `Auenhain` exists on no map: the streets, the coordinates and the network are made up. */
const CITY = { name: 'Auenhain', postalCode: '07999', latitude: 50.68421, longitude: 11.91357 };
const PARTY = { country_code: 'DE', party_id: 'VLT' };
const SEED = 20_260_101;
const LOCATIONS = 40;
const LAST_UPDATED = '2026-01-01T00:00:00Z';

export const AC_TARIFF = 'VLT-ADHOC-AC';
export const DC_TARIFF = 'VLT-ADHOC-DC';

const TREES = ['Linden', 'Ahorn', 'Birken', 'Buchen', 'Eschen', 'Erlen', 'Kastanien', 'Ulmen', 'Weiden', 'Hasel'];
const ENDINGS = ['straße', 'weg', 'allee', 'platz', 'ring', 'gasse', 'ufer', 'markt'];
const SITES = [
  { name: 'Parkhaus', parking_type: 'PARKING_GARAGE' },
  { name: 'Parkplatz', parking_type: 'PARKING_LOT' },
  { name: 'Straßenrand', parking_type: 'ON_STREET' },
  { name: 'Tiefgarage', parking_type: 'UNDERGROUND_GARAGE' },
];
const STATUSES: readonly (readonly [string, number])[] = [
  ['AVAILABLE', 70],
  ['CHARGING', 15],
  ['OUTOFORDER', 7],
  ['BLOCKED', 3],
  ['RESERVED', 3],
  ['UNKNOWN', 2],
];

/** The sample network: 40 Locations with 100 EVSEs, the same at every call. */
export function sampleLocations(): JsonObject[] {
  const random = new Random(SEED);
  return Array.from({ length: LOCATIONS }, (_, index) => location(index, random));
}

/** The ad-hoc tariffs of the sample network, for AC and for DC. */
export function sampleTariffs(): JsonObject[] {
  return [
    tariff(AC_TARIFF, { energy: 0.4118, parkingPerHour: 2.5212, reserve: 40 }, [
      { language: 'en', text: 'Parking is charged once the battery is full.' },
      { language: 'de', text: 'Nach dem Laden wird das Parken berechnet.' },
    ]),
    tariff(DC_TARIFF, { energy: 0.5798, parkingPerHour: 10.084, reserve: 80 }, [
      { language: 'en', text: 'Fast charging. Please make room once the battery is full.' },
      { language: 'de', text: 'Schnellladen. Bitte machen Sie nach dem Laden Platz.' },
    ]),
  ];
}

function tariff(
  id: string,
  prices: { energy: number; parkingPerHour: number; reserve: number },
  texts: JsonObject[],
): JsonObject {
  return {
    ...PARTY,
    id,
    currency: 'EUR',
    type: 'AD_HOC_PAYMENT',
    tariff_alt_text: texts,
    preauthorize_amount: prices.reserve,
    elements: [
      {
        price_components: [
          { type: 'ENERGY', price: prices.energy, vat: 19, step_size: 1 },
          { type: 'PARKING_TIME', price: prices.parkingPerHour, vat: 19, step_size: 60 },
        ],
      },
    ],
    tax_included: 'NO',
    last_updated: LAST_UPDATED,
  };
}

function location(index: number, random: Random): JsonObject {
  const number = String(index + 1).padStart(3, '0');
  const street = `${TREES[index % TREES.length]}${ENDINGS[(index * 3 + Math.floor(index / 10)) % ENDINGS.length]}`;
  const site = random.pick(SITES);
  const fast = index % 4 === 0;
  const count = index % 4 === 0 ? 4 : 2;
  const coordinates = { latitude: near(CITY.latitude, random), longitude: near(CITY.longitude, random) };
  return {
    ...PARTY,
    id: `VLT-${number}`,
    publish: true,
    name: `${site.name} ${street}`,
    address: `${street} ${random.whole(1, 120)}`,
    city: CITY.name,
    postal_code: CITY.postalCode,
    country: 'DEU',
    coordinates,
    parking_type: site.parking_type,
    operator: { name: 'Voltap City Charging' },
    time_zone: 'Europe/Berlin',
    opening_times: { twentyfourseven: true },
    evses: Array.from({ length: count }, (_, position) =>
      evse(number, position + 1, fast, index === 0 ? 'AVAILABLE' : status(random), random),
    ),
    last_updated: LAST_UPDATED,
  };
}

function evse(location: string, position: number, fast: boolean, state: string, random: Random): JsonObject {
  const kilowatts = fast ? random.pick([150, 300]) : random.pick([11, 22]);
  return {
    uid: `VLT-E${location}-${position}`,
    evse_id: `DE*VLT*E${location}*${position}`,
    status: state,
    capabilities: [
      'REMOTE_START_STOP_CAPABLE',
      'RESERVABLE',
      'UNLOCK_CAPABLE',
      'RFID_READER',
      'CONTACTLESS_CARD_SUPPORT',
      'CREDIT_CARD_PAYABLE',
      'DEBIT_CARD_PAYABLE',
    ],
    connectors: [
      {
        id: '1',
        standard: fast ? 'IEC_62196_T2_COMBO' : 'IEC_62196_T2',
        format: fast ? 'CABLE' : 'SOCKET',
        power_type: fast ? 'DC' : 'AC_3_PHASE',
        max_voltage: fast ? 920 : 230,
        max_amperage: fast ? kilowatts + 50 : kilowatts === 22 ? 32 : 16,
        max_electric_power: kilowatts * 1_000,
        tariff_ids: [fast ? DC_TARIFF : AC_TARIFF],
        last_updated: LAST_UPDATED,
      },
    ],
    physical_reference: `${Number(location)}${'ABCD'[position - 1]}`,
    parking_restrictions: ['EV_ONLY'],
    last_updated: LAST_UPDATED,
  };
}

function near(centre: number, random: Random): string {
  return (centre + (random.next() - 0.5) * 0.06).toFixed(6);
}

function status(random: Random): string {
  let left = random.whole(1, 100);
  for (const [name, share] of STATUSES) {
    left -= share;
    if (left <= 0) return name;
  }
  return 'AVAILABLE';
}
