import { moneyEndpoints, type PeriodEntryView, type PeriodView } from '@voltap/contracts/back-office';
import type { Command } from 'commander';
import type { BackOffice } from '../back-office.js';
import { type Output, table } from '../terminal.js';
import { csv } from './csv.js';
import { partyIn } from './party.js';

const HELP = `
Examples:
  voltap periods open DE*VLT                                            what the next period would say
  voltap periods close DE*VLT --ends-at 2026-04-01T00:00:00+02:00 --by Ada
  voltap periods entries DE*VLT 3 --csv > march.csv`;

const CSV_COLUMNS = [
  'authorization_reference',
  'partnerId',
  'currency',
  'billed',
  'captured',
  'writtenOff',
  'paidOut',
  'fees',
  'state',
  'cause',
  'correction',
] as const;

/** `voltap periods …`: the books of a party, period by period. */
export function addPeriods(program: Command, api: BackOffice, output: Output): void {
  const periods = program
    .command('periods')
    .description('the books of a party: what is open, closing, and what each period says')
    .addHelpText('after', HELP);
  const party = (command: Command): Command => command.argument('<party>', 'like DE*VLT');

  party(periods.command('list').description('closed periods, newest first')).action(async (text: string) => {
    const found = await api.all<PeriodView>(moneyEndpoints.listPeriods, { params: partyIn(text) });
    output.print(found, () => found.map(periodText).join('\n\n') || 'none is closed');
  });

  party(periods.command('open').description('what the next period would say'))
    .option('--ends-at <instant>', 'now, if not given')
    .action(async (text: string, { endsAt }: { endsAt?: string }) => {
      const params = { ...partyIn(text), number: 'open' };
      const period = await api.call(moneyEndpoints.readPeriod, { params, query: { endsAt } });
      output.print(period, () => periodText(period));
    });

  party(periods.command('show').description('one closed period'))
    .argument('<number>')
    .action(async (text: string, number: string) => {
      const period = await api.call(moneyEndpoints.readPeriod, { params: { ...partyIn(text), number } });
      output.print(period, () => periodText(period));
    });

  party(periods.command('entries').description('what a closed period says of each charge'))
    .argument('<number>')
    .option('--csv', 'for a spreadsheet')
    .action(async (text: string, number: string, { csv: spread }: { csv?: true }) => {
      const params = { ...partyIn(text), number };
      const found = await api.all<PeriodEntryView>(moneyEndpoints.listPeriodEntries, { params });
      output.print(found, () => (spread === undefined ? entriesText(found) : csv(CSV_COLUMNS, found)));
    });

  party(periods.command('close').description('close the books up to an instant; it cannot be undone'))
    .requiredOption('--ends-at <instant>', 'like 2026-04-01T00:00:00+02:00')
    .requiredOption('--by <name>', 'who closes')
    .action(async (text: string, { endsAt, by }: { endsAt: string; by: string }) => {
      const period = await api.call(moneyEndpoints.closePeriod, { params: partyIn(text), body: { endsAt, by } });
      output.print(period, () => periodText(period));
    });
}

function periodText(period: PeriodView): string {
  const { country_code, party_id, number, endsAt, closedAt, closedBy, totals, subtotals, unassigned } = period;
  const state = closedAt === null ? 'not closed' : `closed ${closedAt} by ${closedBy}`;
  const amounts = (each: (typeof totals)[number] | (typeof subtotals)[number]) => [
    each.billed,
    each.captured,
    each.writtenOff,
    each.paidOut,
    each.fees,
  ];
  const lines = [
    ...totals.map((total) => [total.currency, 'all', '', String(total.charges), ...amounts(total), total.open]),
    ...subtotals.map((part) => [
      part.currency,
      part.state,
      part.cause ?? '',
      String(part.charges),
      ...amounts(part),
      '',
    ]),
  ];
  return [
    `Period ${number} of ${country_code}*${party_id} up to ${endsAt}, ${state}`,
    lines.length === 0
      ? 'nothing'
      : table(
          ['CURRENCY', 'STATE', 'CAUSE', 'CHARGES', 'BILLED', 'CAPTURED', 'WRITTEN OFF', 'PAID OUT', 'FEES', 'OPEN'],
          lines,
        ),
    ...(unassigned === 0
      ? []
      : [`${unassigned} charges are of no party that is known: voltap reconciliation list --cause unknown_reference`]),
  ].join('\n');
}

function entriesText(found: readonly PeriodEntryView[]): string {
  if (found.length === 0) return 'none';
  return table(
    ['REFERENCE', 'CURRENCY', 'BILLED', 'CAPTURED', 'WRITTEN OFF', 'PAID OUT', 'FEES', 'STATE', 'CAUSE', ''],
    found.map((entry) => [
      entry.authorization_reference,
      entry.currency,
      entry.billed,
      entry.captured,
      entry.writtenOff,
      entry.paidOut,
      entry.fees,
      entry.state,
      entry.cause ?? '-',
      entry.correction ? 'correction' : '',
    ]),
  );
}
