import { type BackEndCdrView, type CdrView, cdrsEndpoints } from '@voltap/contracts/back-office';
import { decimal } from '@voltap/kernel';
import type { Command } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { entries, type Output, table } from '../terminal.js';
import { jsonIn } from './json-file.js';
import { partyIn } from './party.js';

interface Correcting {
  readonly reason: string;
  readonly by: string;
  readonly tariff?: string;
  readonly periods?: string;
  readonly endsAt?: string;
  readonly timeZone?: string;
  readonly free?: true;
}

const HELP = `
Examples:
  voltap cdrs show DE*VLT 0199-4711
  voltap cdrs compare DE*VLT S-4711 back-end-cdr.json
  voltap cdrs differences --cause taxes_missing
  voltap cdrs correct DE*VLT 0199-4711 --reason 'wrong tariff' --by Ada --tariff right.json --time-zone Europe/Berlin
  voltap cdrs correct DE*VLT 0199-4711 --reason 'charger was broken' --by Ada --free`;

/** `voltap cdrs …`: bills, how back-ends' own compare with them, and their correction by credit. */
export function addCdrs(program: Command, api: BackOffice, output: Output): void {
  const cdrs = program
    .command('cdrs')
    .description("bills: look, compare with the back-end's, correct by credit")
    .addHelpText('after', HELP);

  cdrs
    .command('show')
    .description('one CDR, and whether the partner has it')
    .argument('<party>', 'like DE*VLT')
    .argument('<id>')
    .action(async (party: string, id: string) => {
      const found = await api.call(cdrsEndpoints.read, { params: { ...partyIn(party), id } });
      output.print(found, () => cdrText(found));
    });

  cdrs
    .command('compare')
    .description(
      "hand in the back-end's own CDR of a session, or its totals; fails when it says something else than ours",
    )
    .argument('<party>', 'like DE*VLT')
    .argument('<session-id>')
    .argument('<file>', 'JSON: an OCPI 2.3.0 CDR, or any part of one with total_cost')
    .action(async (party: string, session_id: string, file: string) => {
      const body = { cdr: await jsonIn(file) };
      const own = await api.call(cdrsEndpoints.putBackEndCdr, { params: { ...partyIn(party), session_id }, body });
      output.print(own, () => backEndText(own));
      if (own.state === 'DIFFERENT' || own.state === 'UNREADABLE')
        throw new CommandFailure(`The back-end's CDR of ${session_id} is not ours.`, EXIT.refused);
    });

  cdrs
    .command('differences')
    .description("back-ends' own CDRs that say something else than ours, latest first")
    .option('--cause <code>', 'only these, like taxes_missing')
    .action(async ({ cause }: { cause?: string }) => {
      const query = { state: 'DIFFERENT', cause };
      const found = await api.all<BackEndCdrView>(cdrsEndpoints.listBackEndCdrs, { query });
      output.print(found, () => differencesText(found));
    });

  cdrs
    .command('correct')
    .description('credit a CDR, and bill the charge anew unless it is free; it cannot be undone')
    .argument('<party>', 'like DE*VLT')
    .argument('<id>')
    .requiredOption('--reason <reason>', 'why; kept with the CDR')
    .requiredOption('--by <name>', 'who decides')
    .option('--free', 'nothing is owed: only the credit is made')
    .option('--tariff <file>', 'JSON: the tariff that ought to have applied')
    .option('--periods <file>', 'JSON: the charging periods as they really were')
    .option('--ends-at <instant>', 'when the charge really ended')
    .option('--time-zone <zone>', 'of the place, like Europe/Berlin; needed unless --free')
    .action(async (party: string, id: string, options: Correcting) => {
      const { reason, by } = options;
      const body = { reason, by, correction: await correctionOf(options) };
      const { credit, corrected } = await api.call(cdrsEndpoints.correct, { params: { ...partyIn(party), id }, body });
      output.print({ credit, corrected }, () =>
        [credit, corrected]
          .filter((cdr) => cdr !== null)
          .map(cdrText)
          .join('\n\n'),
      );
    });
}

async function correctionOf({ free, tariff, periods, endsAt, timeZone }: Correcting): Promise<object | undefined> {
  const given = [tariff, periods, endsAt].some((each) => each !== undefined);
  if (free !== undefined) {
    if (given)
      throw new CommandFailure('--free leaves nothing to be billed: give either it or what to bill.', EXIT.usage);
    return undefined;
  }
  if (!given) throw new CommandFailure('Say what was wrong: --tariff, --periods, --ends-at, or --free.', EXIT.usage);
  if (timeZone === undefined) throw new CommandFailure('--time-zone is needed: prices have times of day.', EXIT.usage);
  return {
    ...(tariff === undefined ? {} : { tariff: await jsonIn(tariff) }),
    ...(periods === undefined ? {} : { charging_periods: await jsonIn(periods) }),
    ...(endsAt === undefined ? {} : { end_date_time: endsAt }),
    timeZone,
  };
}

function cdrText({ cdr, partnerId, acceptedAt, backEnd }: CdrView): string {
  const taxes = (cdr.total_cost.taxes ?? []).reduce((sum, { amount }) => sum.plus(decimal(amount)), decimal(0));
  const gross = taxes.plus(decimal(cdr.total_cost.before_taxes));
  return entries([
    ['CDR', cdr.id],
    ...(cdr.credit === true ? [['credits', cdr.credit_reference_id ?? '-'] as const] : []),
    ['session', cdr.session_id ?? '-'],
    ['reference', cdr.authorization_reference ?? '-'],
    ['charged', `${cdr.start_date_time} to ${cdr.end_date_time}, ${cdr.total_energy} kWh`],
    ['place', `${cdr.cdr_location.id}, ${cdr.cdr_location.evse_id}, ${cdr.cdr_location.connector_id}`],
    ['tariff', (cdr.tariffs ?? []).map(({ id }) => id).join(', ') || '-'],
    ['total', `${gross} ${cdr.currency}, of which ${taxes} taxes`],
    [
      'partner',
      partnerId === null
        ? 'none'
        : `${partnerId}, ${acceptedAt === null ? 'has not accepted it yet' : `accepted it ${acceptedAt}`}`,
    ],
    ...(backEnd === null ? [] : [['back-end', backEndText(backEnd)] as const]),
  ]);
}

/** `different, taxes_missing: It is the amount before taxes …`, then a line for each field. */
function backEndText({ state, cause, message, problem, differences }: BackEndCdrView): string {
  const reason = cause === null ? '' : `, ${cause}`;
  const said = message ?? problem;
  const fields = differences.map(
    ({ pointer, stated, calculated }) => `\n  ${pointer}: ${stated ?? 'nothing'} instead of ${calculated ?? 'nothing'}`,
  );
  return `${stateTexts[state]}${reason}${said === null ? '' : `: ${said}`}${fields.join('')}`;
}

const stateTexts: Readonly<Record<BackEndCdrView['state'], string>> = {
  WAITING: 'waits for our CDR',
  AGREES: 'agrees',
  DIFFERENT: 'different',
  UNREADABLE: 'cannot be compared',
};

function differencesText(found: readonly BackEndCdrView[]): string {
  if (found.length === 0) return 'none';
  return table(
    ['PARTY', 'SESSION', 'CDR', 'CAUSE', 'RECEIVED', 'WHAT'],
    found.map(({ country_code, party_id, sessionId, cdrId, cause, receivedAt, message }) => [
      `${country_code}*${party_id}`,
      sessionId,
      cdrId ?? '-',
      cause ?? '-',
      receivedAt,
      message ?? '-',
    ]),
  );
}
