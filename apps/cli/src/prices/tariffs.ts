import { pricesEndpoints } from '@voltap/contracts/back-office';
import { type Tariff, tariffSchema } from '@voltap/ocpi/model';
import { type AdHocFinding, adHocFindings } from '@voltap/ocpi/pricing';
import { type Command, InvalidArgumentError } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { type Output, type Terminal, table } from '../terminal.js';
import { readDocument } from './document.js';

const HELP = `
A tariff is a file, or one that is offered, named country*party*id. Ends with 1 when it is not fit for payment terminals.

Examples:
  voltap tariffs check t.json --languages en,de
  voltap tariffs check 'DE*VLT*T-50' --max-power 150`;

interface CheckOptions {
  readonly languages?: string;
  readonly maxPower?: number;
}

/** `voltap tariffs …`. */
export function addTariffs(program: Command, api: BackOffice, output: Output, terminal: Terminal): void {
  const tariffs = program.command('tariffs').description('tariffs: check').addHelpText('after', HELP);

  tariffs
    .command('check')
    .description('whether a tariff can be offered at payment terminals, and why not')
    .argument('<tariff>', 'a file with an OCPI Tariff, or country*party*id')
    .option('--languages <codes>', 'those that drivers are to find at the terminal, like en,de')
    .option('--max-power <kW>', 'of the strongest connector under the tariff', kilowatts)
    .action(async (tariff: string, options: CheckOptions) => {
      const findings = tariff.includes('*')
        ? await offered(tariff, options, api)
        : await inFile(tariff, options, terminal);
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      output.print({ fit: errors === 0, findings }, () => textOf(findings));
      if (errors > 0) throw new CommandFailure(`${tariff} is not fit for payment terminals.`, EXIT.refused);
    });
}

async function offered(name: string, options: CheckOptions, api: BackOffice): Promise<readonly AdHocFinding[]> {
  const [country_code = '', party_id = '', ...id] = name.split('*');
  const { findings } = await api.call(pricesEndpoints.check, {
    params: { country_code, party_id, id: id.join('*') },
    query: { languages: options.languages, maxPowerKw: options.maxPower },
  });
  return findings;
}

async function inFile(file: string, options: CheckOptions, terminal: Terminal): Promise<readonly AdHocFinding[]> {
  const { content } = await readDocument(terminal, file, '');
  const read = tariffSchema.safeParse(content);
  if (!read.success) {
    const lines = read.error.issues.map(({ path, message }) => `\n  /${path.join('/')}: ${message}`);
    throw new CommandFailure(`${file} is no OCPI 2.3.0 Tariff:${lines.join('')}`, EXIT.usage);
  }
  const tariff: Tariff = read.data;
  return adHocFindings(tariff, {
    now: new Date(),
    languages: options.languages?.split(',') ?? [],
    maxPowerKw: options.maxPower,
  });
}

function textOf(findings: readonly AdHocFinding[]): string {
  if (findings.length === 0) return 'Nothing was found: it can be offered at payment terminals.';
  return table(
    ['', 'WHERE', 'WHAT'],
    findings.map(({ severity, pointer, message }) => [severity, pointer, message]),
  );
}

function kilowatts(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}
