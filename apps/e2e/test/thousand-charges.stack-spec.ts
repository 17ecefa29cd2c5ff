import { thousandCharges } from './flows/thousand-charges.js';
import { namedStack } from './stage/named-stack.js';

thousandCharges(1_000, { stack: namedStack() });
