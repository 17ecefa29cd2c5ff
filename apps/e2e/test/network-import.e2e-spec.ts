import { networkImport } from './flows/network-import.js';

networkImport();
