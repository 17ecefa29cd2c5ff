import { thousandCharges } from './flows/thousand-charges.js';

// All thousand on the real parts; these show the same without them.
thousandCharges(100, {
  environment: { VOLTAP_TEST_CONSUMPTION: JSON.stringify({ deliverTwice: true, permuteSeed: 20_260_702 }) },
});
