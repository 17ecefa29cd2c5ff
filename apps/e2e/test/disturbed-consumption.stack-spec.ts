import { disturbedConsumption } from './flows/disturbed-consumption.js';
import { namedStack } from './stage/named-stack.js';

disturbedConsumption({ stack: namedStack() });
