export * from './egress-client.js';
export * from './egress-request.js';
