import { cdrsEndpoints } from './cdrs.js';
import { commandsEndpoints } from './commands.js';
import { credentialsEndpoints } from './credentials.js';
import type { BackOfficeEndpoint } from './endpoint.js';
import { gatewayEndpoints } from './gateway.js';
import { locationsEndpoints } from './locations.js';
import { moneyEndpoints } from './money.js';
import { operationsEndpoints } from './operations.js';
import { paymentsEndpoints } from './payments.js';
import { pricesEndpoints } from './prices.js';
import { sessionsEndpoints } from './sessions.js';
import { tariffsEndpoints } from './tariffs.js';
import { tokensEndpoints } from './tokens.js';

/** Every operation of the back-office API, service by service. */
export const backOfficeEndpoints: readonly BackOfficeEndpoint[] = [
  ...Object.values(cdrsEndpoints),
  ...Object.values(commandsEndpoints),
  ...Object.values(credentialsEndpoints),
  ...Object.values(gatewayEndpoints),
  ...Object.values(locationsEndpoints),
  ...Object.values(moneyEndpoints),
  ...Object.values(operationsEndpoints),
  ...Object.values(paymentsEndpoints),
  ...Object.values(pricesEndpoints),
  ...Object.values(sessionsEndpoints),
  ...Object.values(tariffsEndpoints),
  ...Object.values(tokensEndpoints),
];
