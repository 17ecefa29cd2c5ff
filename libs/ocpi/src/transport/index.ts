export * from './envelope.js';
export * from './headers.js';
export * from './merge-patch.js';
export * from './paging.js';
export * from './status-codes.js';
export * from './token-header.js';
export * from './urls.js';
export * from './violations.js';
