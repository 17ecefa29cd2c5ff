import { tracedCharge } from './flows/traced-charge.js';
import { startJaeger } from './stage/jaeger.js';
import { namedStack } from './stage/named-stack.js';

// Kafka, Redis and PostgreSQL under the platform, and a real Jaeger that is asked.
tracedCharge({ stack: namedStack() }, startJaeger);
