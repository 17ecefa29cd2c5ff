export * from './caller-signature.js';
export * from './sealer.js';
