export * from './clock/index.js';
export * from './decimal/index.js';
export * from './equality/index.js';
export * from './errors/index.js';
export * from './events/index.js';
export * from './ids/index.js';
export * from './money/index.js';
export * from './parties/index.js';
