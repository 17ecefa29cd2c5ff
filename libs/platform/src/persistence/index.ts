export * from './data-source.js';
export * from './database.js';
export * from './documents.js';
export * from './leases.js';
export * from './listing.js';
export * from './projections.js';
