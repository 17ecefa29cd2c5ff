import { connectionLife } from './flows/credentials.js';
import { namedStack } from './stage/named-stack.js';

connectionLife({ stack: namedStack() });
