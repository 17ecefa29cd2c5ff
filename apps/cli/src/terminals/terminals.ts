import {
  paymentsEndpoints,
  type ReadinessView,
  type SilentTerminalView,
  type TerminalView,
} from '@voltap/contracts/back-office';
import type { Command } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { type Output, table } from '../terminal.js';
import { addActivations } from './activations.js';

const HELP = `
Examples:
  voltap terminals list
  voltap terminals silent                             at which does nobody pay any more?
  voltap terminals ready 7f3c2a51-… APOLLO-0001       would a driver be able to start here now?
  voltap terminals activate 7f3c2a51-… APO-4711 --location BERLIN-1
  voltap terminals deactivate 7f3c2a51-… APOLLO-0001`;

/** `voltap terminals …`: payment terminals, in use and out of it, and whether a driver could start at them. */
export function addTerminals(program: Command, api: BackOffice, output: Output): void {
  const terminals = program
    .command('terminals')
    .description('payment terminals, and whether a driver could start at them')
    .addHelpText('after', HELP);

  terminals
    .command('list')
    .description('terminals of all providers')
    .action(async () => {
      const found = await api.all<TerminalView>(paymentsEndpoints.listTerminals);
      output.print(found, () => terminalsText(found));
    });

  terminals
    .command('silent')
    .description('terminals at whose EVSEs cars charge, and for a week nobody who paid by card')
    .action(async () => {
      const { items } = await api.call(paymentsEndpoints.listSilentTerminals, {});
      output.print(items, () => silentText(items));
    });

  terminals
    .command('ready')
    .description('would a driver be able to start here now, and if not, why not; fails when at no connector')
    .argument('<partner-id>')
    .argument('<terminal-id>')
    .action(async (partnerId: string, terminalId: string) => {
      const readiness = await api.call(paymentsEndpoints.readiness, { params: { partnerId, terminalId } });
      output.print(readiness, () => readinessText(readiness));
      if (!readiness.ready) throw new CommandFailure(`Nobody can start at ${terminalId} now.`, EXIT.refused);
    });

  addActivations(terminals, api, output);
}

function terminalsText(found: readonly TerminalView[]): string {
  if (found.length === 0) return 'none: a provider tells of its terminals when it is registered';
  return table(
    ['PARTNER', 'TERMINAL', 'SERIAL', 'PARTY', 'ASSIGNMENT', 'PLACES', 'DEACTIVATION', 'MISSING SINCE'],
    found.map(({ partnerId, terminal, party, assignment, deactivation, missingSince }) => [
      partnerId,
      terminal.terminal_id,
      terminal.reference ?? '-',
      party === null ? 'unclaimed' : `${party.country_code}*${party.party_id}`,
      assignment.state,
      [...assignment.location_ids, ...assignment.evse_uids].join(' ') || '-',
      deactivation?.state ?? '-',
      missingSince ?? '-',
    ]),
  );
}

function silentText(found: readonly SilentTerminalView[]): string {
  if (found.length === 0) return 'none';
  return table(
    ['PARTNER', 'TERMINAL', 'SERIAL', 'PLACES', 'CHARGES', 'LAST BY CARD'],
    found.map(({ partnerId, terminalId, reference, locationIds, evseUids, charges, lastCardAt }) => [
      partnerId,
      terminalId,
      reference ?? '-',
      [...locationIds, ...evseUids].join(' ') || '-',
      String(charges),
      lastCardAt ?? 'never',
    ]),
  );
}

function readinessText({ ready, obstacles, connectors }: ReadinessView): string {
  const open = (each: ReadinessView['obstacles']): boolean => each.every(({ blocks }) => !blocks);
  const free = connectors.filter((connector) => open(connector.obstacles)).length;
  const lines = (each: ReadinessView['obstacles']): string[] =>
    each.map(({ message, blocks }) => `  ${blocks ? '' : 'Beside that: '}${message}`);
  return [
    ready ? `Yes, at ${free} of ${connectors.length} connectors.` : 'No.',
    ...lines(obstacles),
    ...connectors.flatMap(({ location_id, evse_uid, connector_id, obstacles: own }) => [
      `${location_id} ${evse_uid} ${connector_id}: ${open(own) ? 'yes' : 'no'}`,
      ...lines(own),
    ]),
  ].join('\n');
}
