import { locationsEndpoints } from '@voltap/contracts/back-office';
import type { Command } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { type Output, table } from '../terminal.js';

const HELP = `
Ends with 1 when a connector has not the one tariff that payment terminals need, or one that does not suit them.

Examples:
  voltap locations check 'DE*VLT*BERLIN-1' --languages en,de`;

/** `voltap locations …`. */
export function addLocations(program: Command, api: BackOffice, output: Output): void {
  const locations = program.command('locations').description('locations: check').addHelpText('after', HELP);

  locations
    .command('check')
    .description('whether each connector has the one tariff that payment terminals need, and why not')
    .argument('<location>', 'country*party*id')
    .option('--languages <codes>', 'those that drivers are to find at the terminal, like en,de')
    .action(async (location: string, { languages }: { languages?: string }) => {
      const [country_code = '', party_id = '', ...id] = location.split('*');
      const params = { country_code, party_id, id: id.join('*') };
      const { fit, connectors } = await api.call(locationsEndpoints.check, { params, query: { languages } });
      output.print({ fit, connectors }, () =>
        table(
          ['EVSE', 'CONNECTOR', 'TARIFF', '', 'WHERE', 'WHAT'],
          connectors.flatMap(({ evse_uid, connector_id, tariff_id, findings }) => {
            const name = [evse_uid, connector_id, tariff_id ?? '-'];
            if (findings.length === 0) return [[...name, 'fit', '', '']];
            return findings.map(({ severity, pointer, message }) => [...name, severity, pointer, message]);
          }),
        ),
      );
      if (!fit) throw new CommandFailure(`Drivers cannot pay at every connector of ${location}.`, EXIT.refused);
    });
}
