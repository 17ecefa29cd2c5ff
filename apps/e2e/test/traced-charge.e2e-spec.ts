import { tracedCharge } from './flows/traced-charge.js';

tracedCharge();
