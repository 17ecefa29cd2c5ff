import { refusals } from './flows/refusals.js';
import { namedStack } from './stage/named-stack.js';

refusals({ stack: namedStack() });
