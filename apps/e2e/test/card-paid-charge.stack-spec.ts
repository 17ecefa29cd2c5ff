import { cardPaidCharge } from './flows/card-paid-charge.js';
import { namedStack } from './stage/named-stack.js';

cardPaidCharge({ stack: namedStack() });
