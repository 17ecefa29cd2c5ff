import { pulls } from './flows/pulls.js';

pulls();
