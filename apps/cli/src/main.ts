#!/usr/bin/env node
import { CommanderError } from 'commander';
import { CommandFailure, EXIT } from './failure.js';
import { voltap } from './program.js';
import { processTerminal } from './terminal.js';

// Whoever reads may have seen enough: `voltap … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await voltap(processTerminal, process.env).parseAsync();
} catch (error) {
  if (error instanceof CommandFailure) {
    process.stderr.write(`voltap: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else if (error instanceof CommanderError) {
    // It has been said already.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  } else throw error;
}
