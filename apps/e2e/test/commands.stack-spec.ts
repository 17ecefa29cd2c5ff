import { commandOutcomes } from './flows/commands.js';
import { namedStack } from './stage/named-stack.js';

commandOutcomes({ stack: namedStack() });
