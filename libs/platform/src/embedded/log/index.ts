export { type BusLogger, EmbeddedEventBus, type EmbeddedEventBusOptions } from './embedded-event-bus.js';
