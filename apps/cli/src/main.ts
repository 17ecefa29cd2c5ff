#!/usr/bin/env node
import { BackOfficeFailure } from './back-office.js';
import { voltap } from './program.js';
import { processTerminal } from './terminal.js';

try {
  await voltap(processTerminal).parseAsync();
} catch (error) {
  if (!(error instanceof BackOfficeFailure)) throw error;
  process.stderr.write(`voltap: ${error.message}\n`);
  process.exitCode = 1;
}
