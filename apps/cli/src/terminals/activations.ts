import { type ActivationView, paymentsEndpoints } from '@voltap/contracts/back-office';
import type { Command } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { partyIn } from '../money/party.js';
import { entries, type Output, table } from '../terminal.js';

interface Activating {
  readonly location: string[];
  readonly evse: string[];
  readonly party?: string;
  readonly customerReference?: string;
}

/** Terminals that are built into stations: put into use and out of it at their provider. */
export function addActivations(terminals: Command, api: BackOffice, output: Output): void {
  const each = (value: string, before: string[]): string[] => [...before, value];

  terminals
    .command('activate')
    .description('have a terminal set up that is built into a station, with the places that it serves')
    .argument('<partner-id>')
    .argument('<reference>', 'serial number of the terminal, by its maker')
    .option('--location <id>', 'a location with all of its EVSEs; may be repeated', each, [])
    .option('--evse <uid>', 'a single EVSE; may be repeated', each, [])
    .option('--party <party>', 'whose terminal it is, like DE*VLT; needed where the partner serves several of ours')
    .option('--customer-reference <reference>', 'of those agreed; needed where several are')
    .action(async (partnerId: string, reference: string, options: Activating) => {
      const { location, evse, party, customerReference } = options;
      const activation = await api.call(paymentsEndpoints.activateTerminal, {
        params: { partnerId, reference },
        body: {
          location_ids: location,
          evse_uids: evse,
          ...(party === undefined ? {} : { party: partyIn(party) }),
          ...(customerReference === undefined ? {} : { customer_reference: customerReference }),
        },
      });
      output.print(activation, () => activationText(activation));
      if (activation.state === 'REFUSED')
        throw new CommandFailure(`The provider did not activate ${reference}: ${activation.problem}`, EXIT.refused);
    });

  terminals
    .command('activations')
    .description('what became of the activations')
    .action(async () => {
      const found = await api.all<ActivationView>(paymentsEndpoints.listActivations);
      output.print(found, () => activationsText(found));
    });

  terminals
    .command('withdraw')
    .description('forget an activation that is not confirmed; the provider is not told')
    .argument('<partner-id>')
    .argument('<reference>')
    .action(async (partnerId: string, reference: string) => {
      const answer = await api.call(paymentsEndpoints.withdrawActivation, { params: { partnerId, reference } });
      output.print(answer, () => `The activation of ${reference} is forgotten.`);
    });

  terminals
    .command('deactivate')
    .description('take a terminal out of use at its provider: it is broken, or its station is gone')
    .argument('<partner-id>')
    .argument('<terminal-id>')
    .action(async (partnerId: string, terminalId: string) => {
      const terminal = await api.call(paymentsEndpoints.deactivateTerminal, { params: { partnerId, terminalId } });
      const { state, problem } = terminal.deactivation ?? { state: 'REFUSED', problem: 'it is in use' };
      output.print(terminal, () => `${terminalId}: ${sayings[state]}${problem === null ? '' : `: ${problem}`}`);
      if (state === 'REFUSED')
        throw new CommandFailure(`The provider did not deactivate ${terminalId}: ${problem}`, EXIT.refused);
    });
}

const sayings = {
  PENDING: 'not brought to the provider yet, which is tried again',
  CONFIRMED: 'out of use',
  REFUSED: 'still in use',
} as const;

const activationSayings: Readonly<Record<ActivationView['state'], string>> = {
  PENDING: 'not brought to the provider yet, which is tried again',
  ACCEPTED: 'accepted; the provider is to tell of the terminal',
  CONFIRMED: 'activated',
  REFUSED: 'refused',
};

function activationText(activation: ActivationView): string {
  const { reference, state, terminalId, location_ids, evse_uids, problem } = activation;
  return entries([
    ['reference', reference],
    ['state', activationSayings[state]],
    ['terminal', terminalId ?? 'not known yet'],
    ['places', [...location_ids, ...evse_uids].join(' ') || 'none'],
    ...(problem === null ? [] : [['problem', problem] as const]),
  ]);
}

function activationsText(found: readonly ActivationView[]): string {
  if (found.length === 0) return 'none';
  return table(
    ['PARTNER', 'REFERENCE', 'STATE', 'TERMINAL', 'PLACES', 'PROBLEM'],
    found.map(({ partnerId, reference, state, terminalId, location_ids, evse_uids, problem }) => [
      partnerId,
      reference,
      state,
      terminalId ?? '-',
      [...location_ids, ...evse_uids].join(' ') || '-',
      problem ?? '-',
    ]),
  );
}
