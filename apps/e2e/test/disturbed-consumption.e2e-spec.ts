import { disturbedConsumption } from './flows/disturbed-consumption.js';

disturbedConsumption();
