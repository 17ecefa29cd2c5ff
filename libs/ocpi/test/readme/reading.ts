import { strict as assert } from 'node:assert';
import { decimal } from '@voltap/kernel';
import { type Tariff, tariffSchema } from '@voltap/ocpi/model';
import { violationsOf } from '@voltap/ocpi/transport';

const document: unknown = JSON.parse(`{
  "country_code": "DE", "party_id": "VLT", "id": "T1", "currency": "EUR", "tax_included": "NO", "type": null,
  "elements": [{ "price_components": [{ "type": "ENERGY", "price": 0.1, "step_size": 1 }] }],
  "last_updated": "2026-03-01T08:00:00", "season": "winter"
}`);

const tariff: Tariff = tariffSchema.parse(document);
assert.equal(tariff.last_updated, '2026-03-01T08:00:00Z'); // one form, whatever was sent
assert.equal('type' in tariff, false); // null in an optional field is the same as no field
assert.equal(tariff.season, 'winter'); // what nobody knows survives

// Money and energy are JSON numbers on the wire, and decimals as soon as anything is calculated.
const price = decimal(tariff.elements[0]?.price_components[0]?.price ?? 0);
assert.equal(price.times(3).toString(), '0.3');

const result = tariffSchema.safeParse({ ...tariff, elements: [], currency: 'Euro' });
assert.deepEqual(result.success ? [] : violationsOf(result.error).map(({ pointer }) => pointer), [
  '/currency',
  '/elements',
]);
