import { connectionLife } from './flows/credentials.js';

connectionLife();
