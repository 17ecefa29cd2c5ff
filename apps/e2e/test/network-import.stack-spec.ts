import { networkImport } from './flows/network-import.js';
import { namedStack } from './stage/named-stack.js';

networkImport({ stack: namedStack() });
