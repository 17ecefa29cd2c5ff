import { pulls } from './flows/pulls.js';
import { namedStack } from './stage/named-stack.js';

pulls({ stack: namedStack() });
