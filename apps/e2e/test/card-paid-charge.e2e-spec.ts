import { cardPaidCharge } from './flows/card-paid-charge.js';

cardPaidCharge();
