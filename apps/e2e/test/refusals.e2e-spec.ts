import { refusals } from './flows/refusals.js';

refusals();
