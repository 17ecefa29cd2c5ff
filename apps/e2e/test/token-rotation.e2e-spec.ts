import { tokenRotation } from './flows/token-rotation.js';

tokenRotation();
