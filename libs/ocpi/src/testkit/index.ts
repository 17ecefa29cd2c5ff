export * from './builders.js';
export * from './caller.js';
