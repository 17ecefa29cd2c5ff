export * from './correlation-store.js';
