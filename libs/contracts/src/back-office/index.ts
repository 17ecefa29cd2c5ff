export * from './commands.js';
export * from './credentials.js';
export * from './endpoint.js';
export * from './locations.js';
export * from './openapi.js';
export * from './payments.js';
export * from './rows.js';
export * from './tariffs.js';
