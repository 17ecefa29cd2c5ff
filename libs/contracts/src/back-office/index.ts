import { commandsEndpoints } from './commands.js';
import { credentialsEndpoints } from './credentials.js';
import type { BackOfficeEndpoint } from './endpoint.js';
import { locationsEndpoints } from './locations.js';
import { tariffsEndpoints } from './tariffs.js';

export * from './commands.js';
export * from './credentials.js';
export * from './endpoint.js';
export * from './locations.js';
export * from './tariffs.js';

/** Every operation of the back-office API, service by service. */
export const backOfficeEndpoints: readonly BackOfficeEndpoint[] = [
  ...Object.values(commandsEndpoints),
  ...Object.values(credentialsEndpoints),
  ...Object.values(locationsEndpoints),
  ...Object.values(tariffsEndpoints),
];
