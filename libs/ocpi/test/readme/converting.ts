import { strict as assert } from 'node:assert';
import { tariffSchema } from '@voltap/ocpi/model';
import { aTariff } from '@voltap/ocpi/testkit';
import { downgrade, schemaIn, upgrade } from '@voltap/ocpi/versions';

const tariff = aTariff({ preauthorize_amount: 50, tax_included: 'NO' });

const wire = downgrade('Tariff', '2.2.1', tariff);
assert.deepEqual(wire.losses, [{ pointer: '/preauthorize_amount', reason: 'not in OCPI 2.2.1' }]);
assert.equal(schemaIn('2.2.1', tariffSchema).safeParse(wire.value).success, true);

const { preauthorize_amount: _, ...rest } = tariff;
assert.deepEqual(upgrade('Tariff', '2.2.1', wire.value).value, rest); // all that was not listed as lost

// What cannot be said at all is not said: here, a price that includes a tax which nobody stated.
const unsayable = aTariff({
  tax_included: 'YES',
  elements: [{ price_components: [{ type: 'ENERGY', price: 0.6, step_size: 1 }] }],
});
assert.equal(downgrade('Tariff', '2.2.1', unsayable).value, undefined);
