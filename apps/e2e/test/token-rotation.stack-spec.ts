import { tokenRotation } from './flows/token-rotation.js';
import { namedStack } from './stage/named-stack.js';

tokenRotation({ stack: namedStack() });
