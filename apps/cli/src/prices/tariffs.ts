import { pricesEndpoints, type TariffRecord, tariffsEndpoints } from '@voltap/contracts/back-office';
import { type Tariff, tariffSchema } from '@voltap/ocpi/model';
import { type AdHocFinding, adHocFindings } from '@voltap/ocpi/pricing';
import { type Command, InvalidArgumentError } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { type Output, type Terminal, table } from '../terminal.js';
import { readDocument } from './document.js';

const HELP = `
A tariff is a file, or one that is offered, named country*party*id. The check ends with 1 when it is not fit for payment terminals.

Examples:
  voltap tariffs check t.json --languages en,de
  voltap tariffs check 'DE*VLT*T-50' --max-power 150
  voltap tariffs list
  voltap tariffs audience 'DE*VLT*T-50' --partner 7f3c2a51-…
  voltap tariffs audience 'DE*VLT*T-50' --everyone`;

interface CheckOptions {
  readonly languages?: string;
  readonly maxPower?: number;
}

/** `voltap tariffs …`. */
export function addTariffs(program: Command, api: BackOffice, output: Output, terminal: Terminal): void {
  const tariffs = program
    .command('tariffs')
    .description('tariffs: look, check, say whom they are for')
    .addHelpText('after', HELP);

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

  addAudience(tariffs, api, output);
}

interface AudienceOptions {
  readonly partner: string[];
  readonly everyone?: true;
  readonly nobody?: true;
}

function addAudience(tariffs: Command, api: BackOffice, output: Output): void {
  tariffs
    .command('list')
    .description('tariffs as offered now, from when until when, and for whom')
    .action(async () => {
      const found = await api.all<TariffRecord>(tariffsEndpoints.list);
      output.print(found, () => tariffsText(found));
    });

  tariffs
    .command('audience')
    .description('say which partners see a tariff and are told of it; at one that leaves, it is deleted')
    .argument('<tariff>', 'country*party*id')
    .option(
      '--partner <id>',
      'one of those that it is for; may be repeated',
      (id, before: string[]) => [...before, id],
      [],
    )
    .option('--everyone', 'all partners that deal with its party')
    .option('--nobody', 'it is kept, and shown to none')
    .action(async (name: string, { partner, everyone, nobody }: AudienceOptions) => {
      const given = [partner.length > 0, everyone === true, nobody === true].filter((each) => each);
      if (given.length !== 1)
        throw new CommandFailure('Say whom it is for: --partner, --everyone or --nobody, one of them.', EXIT.usage);
      const params = namedIn(name);
      const body = { partners: everyone === true ? null : partner };
      const record = await api.call(tariffsEndpoints.putAudience, { params, body });
      output.print(record, () => `${name} is for ${audienceText(record)}.`);
    });
}

function audienceText({ audience }: TariffRecord): string {
  if (audience === null) return 'everyone';
  return audience.length === 0 ? 'nobody' : audience.join(' ');
}

function tariffsText(found: readonly TariffRecord[]): string {
  if (found.length === 0) return 'none';
  return table(
    ['TARIFF', 'TYPE', 'REVISION', 'FROM', 'UNTIL', 'FOR'],
    found.map((record) => {
      const { country_code, party_id, id, type, start_date_time, end_date_time } = record.tariff;
      return [
        `${country_code}*${party_id}*${id}`,
        type ?? '-',
        String(record.revision),
        start_date_time ?? '-',
        end_date_time ?? '-',
        audienceText(record),
      ];
    }),
  );
}

/** @throws CommandFailure when the text names no tariff. */
function namedIn(name: string): { country_code: string; party_id: string; id: string } {
  const [country_code, party_id, ...rest] = name.split('*');
  const id = rest.join('*');
  if (!country_code || !party_id || id === '')
    throw new CommandFailure(`${name} names no tariff; DE*VLT*T-50 does.`, EXIT.usage);
  return { country_code, party_id, id };
}

async function offered(name: string, options: CheckOptions, api: BackOffice): Promise<readonly AdHocFinding[]> {
  const { findings } = await api.call(pricesEndpoints.check, {
    params: namedIn(name),
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
