export * from './logger.js';
export * from './metric-catalogue.js';
export * from './metrics.js';
export * from './trace-context.js';
