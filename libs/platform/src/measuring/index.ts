/** For measurements only: what ours is compared with. Production code never imports this. */
export { type BareKafka, type BareMessage, openBareKafka } from './bare-kafka.js';
