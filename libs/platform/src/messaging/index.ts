export * from './bus-transport.js';
export * from './event-bus.js';
export * from './handles.js';
export * from './inbox.js';
export * from './outbox.js';
export * from './outbox-relay.js';
export * from './until-available.js';
