export * from './egress-client.js';
export * from './egress-request.js';
export * from './failure.js';
export * from './list-walk.js';
