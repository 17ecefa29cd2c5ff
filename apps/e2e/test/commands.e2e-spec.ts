import { commandOutcomes } from './flows/commands.js';

commandOutcomes();
