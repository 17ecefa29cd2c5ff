export * from './charging.js';
export * from './configuration.js';
export * from './optional.js';
export * from './payment.js';
export * from './row.js';
export * from './served-modules.js';
