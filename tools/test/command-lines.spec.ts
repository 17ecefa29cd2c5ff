import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { commandLineFaults } from '../checks/command-lines.ts';

const ROOT = join(import.meta.dirname, '../..');
const FIXTURE = join(ROOT, 'tools/checks/fixtures/command-lines');

describe('the check of commands in documents', () => {
  it('says of each what voltap and npm would not understand, and nothing of the rest', async () => {
    const states = 'PENDING, IN_FLIGHT, SUCCEEDED, REFUSED, SUPERSEDED, EXHAUSTED, GIVEN_UP';
    const kinds = "invalid for argument 'kind'. Allowed choices are terminals, tokens.";
    expect(await commandLineFaults(ROOT, FIXTURE)).toEqual([
      'README.md:5: package.json has no script charge',
      `README.md:3: voltap pulls run confirmations PARTNER: command-argument value 'confirmations' is ${kinds}`,
      "README.md:3: voltap pulls fetch: unknown command 'fetch'",
      "README.md:4: voltap deliveries pause ID --because …: unknown option '--because'",
      `README.md:5: voltap deliveries list --state TIRED: option '--state <state>' argument 'TIRED' is invalid. Allowed choices are ${states}.`,
      "README.md:6: voltap deliveries resend ID ID: too many arguments for 'resend'. Expected 1 argument but got 2: ID, ID.",
      "README.md:6: voltap partners invent …: unknown command 'invent'",
      "README.md:10: voltap deliveries resend: missing required argument 'id'",
      "README.md:12: voltap completion tcsh: command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.",
    ]);
  });
});
