import { paymentsEndpoints, type ReconciliationView, reconciliationStateSchema } from '@voltap/contracts/back-office';
import { type Command, Option } from 'commander';
import type { BackOffice } from '../back-office.js';
import { entries, type Output, table } from '../terminal.js';
import { csv } from './csv.js';

interface Search {
  readonly state?: string;
  readonly cause?: string;
  readonly reference?: string;
  readonly card?: string;
  readonly terminal?: string;
  readonly location?: string;
  readonly evse?: string;
  readonly from?: string;
  readonly to?: string;
  readonly overdue?: true;
  readonly csv?: true;
}

const HELP = `
Examples:
  voltap reconciliation summary                          what does not agree, by age
  voltap reconciliation list --overdue
  voltap reconciliation list --card 1234 --from 2026-03-02T00:00:00Z --to 2026-03-03T00:00:00Z
  voltap reconciliation list --state DIFFERENT --csv > differences.csv
  voltap reconciliation write-off pp-100 --reason 'card expired, 0.40' --by 'Ada'`;

const CSV_COLUMNS = [
  'authorization_reference',
  'partnerId',
  'state',
  'currency',
  'cdrTotal',
  'captured',
  'paidOut',
  'differences',
  'startedAt',
  'sessionId',
  'cdrId',
  'confirmationId',
  'location_id',
  'evse_uid',
  'cardLastFour',
  'dueAt',
  'updatedAt',
] as const;

/** `voltap reconciliation …`: where the money of each charge stands. */
export function addReconciliation(program: Command, api: BackOffice, output: Output): void {
  const reconciliation = program
    .command('reconciliation')
    .description('where the money of each charge stands, and why it does not agree')
    .addHelpText('after', HELP);

  reconciliation
    .command('list')
    .description('charges, latest change first')
    .addOption(new Option('--state <state>').choices(reconciliationStateSchema.options))
    .option('--cause <code>', 'code of the difference')
    .option('--reference <start>', 'how the authorization reference begins')
    .option('--card <digits>', 'last four digits of the card')
    .option('--terminal <id>', 'id or serial: the charges at the places it serves')
    .option('--location <id>', 'the location')
    .option('--evse <uid>', 'the EVSE')
    .option('--from <instant>', 'started at or after, like 2026-03-02T00:00:00Z')
    .option('--to <instant>', 'started before')
    .option('--overdue', 'those that ought to have gone on by now')
    .option('--csv', 'for a spreadsheet')
    .action(async ({ card, location, evse, overdue, csv: spread, ...rest }: Search) => {
      const query = {
        ...rest,
        cardLastFour: card,
        location_id: location,
        evse_uid: evse,
        overdue: overdue === undefined ? undefined : 'true',
      };
      const found = await api.all<ReconciliationView>(paymentsEndpoints.listReconciliation, { query });
      output.print(found, () => (spread === undefined ? chargesText(found) : chargesCsv(found)));
    });

  reconciliation
    .command('show')
    .description('one charge')
    .argument('<authorization-reference>')
    .action(async (authorization_reference: string) => {
      const charge = await api.call(paymentsEndpoints.readReconciliation, { params: { authorization_reference } });
      output.print(charge, () => chargeText(charge));
    });

  reconciliation
    .command('summary')
    .description('money that does not agree yet, by currency, state, cause and age')
    .action(async () => {
      const summary = await api.call(paymentsEndpoints.summariseReconciliation);
      output.print(summary, () =>
        summary.items.length === 0
          ? 'everything agrees'
          : table(
              ['DUE SINCE', 'STATE', 'CAUSE', 'CHARGES', 'OPEN', 'CURRENCY'],
              summary.items.map(({ age, state, cause, charges, open, currency }) => [
                AGES[age],
                state,
                cause ?? '-',
                String(charges),
                open,
                currency ?? '-',
              ]),
            ),
      );
    });

  reconciliation
    .command('write-off')
    .description('leave a difference as it is')
    .argument('<authorization-reference>')
    .requiredOption('--reason <reason>', 'why; kept with the charge')
    .requiredOption('--by <name>', 'who decides')
    .option('--partner <id>', 'where two partners use the same reference')
    .action(async (authorization_reference: string, { reason, by, partner: partnerId }: Record<string, string>) => {
      const charge = await api.call(paymentsEndpoints.writeOff, {
        params: { authorization_reference },
        body: { reason, by, partnerId },
      });
      output.print(charge, () => chargeText(charge));
    });

  reconciliation
    .command('reopen')
    .description('take a write-off back')
    .argument('<authorization-reference>')
    .option('--partner <id>', 'where two partners use the same reference')
    .action(async (authorization_reference: string, { partner: partnerId }: Record<string, string>) => {
      const charge = await api.call(paymentsEndpoints.reopen, {
        params: { authorization_reference },
        body: { partnerId },
      });
      output.print(charge, () => chargeText(charge));
    });
}

const AGES = {
  not_due: 'not due',
  day: 'less than a day',
  week: 'less than a week',
  month: 'less than 30 days',
  older: '30 days or more',
} as const;

function chargesText(charges: readonly ReconciliationView[]): string {
  if (charges.length === 0) return 'none';
  return table(
    ['REFERENCE', 'STATE', 'BILLED', 'CAPTURED', 'PAID OUT', 'CURRENCY', 'CARD', 'STARTED', 'WHY'],
    charges.map((charge) => [
      charge.authorization_reference,
      charge.state,
      charge.cdrTotal ?? '-',
      charge.captured ?? '-',
      charge.paidOut ?? '-',
      charge.currency ?? '-',
      charge.cardLastFour.join(' ') || '-',
      charge.startedAt ?? '-',
      charge.differences.map(({ code }) => code).join(' '),
    ]),
  );
}

function chargesCsv(charges: readonly ReconciliationView[]): string {
  const rows = charges.map((charge) => ({ ...charge, differences: charge.differences.map(({ code }) => code) }));
  return csv<(typeof rows)[number]>(CSV_COLUMNS, rows);
}

function chargeText(charge: ReconciliationView): string {
  const money = (amount: string | null): string =>
    amount === null ? '-' : `${amount} ${charge.currency ?? ''}`.trim();
  return entries([
    ['reference', charge.authorization_reference],
    ['partner', charge.partnerId],
    ['state', charge.state],
    ['start', charge.startedAt === null ? '-' : `${charge.startedAt}, ${charge.startResult ?? 'no result yet'}`],
    ['session', charge.sessionId === null ? '-' : `${charge.sessionId}, ${charge.sessionStatus}`],
    ['place', [charge.location_id, charge.evse_uid].filter(Boolean).join(', ') || '-'],
    ['billed', charge.cdrId === null ? '-' : `${money(charge.cdrTotal)}, CDR ${charge.cdrId}`],
    ['CDR accepted', charge.cdrAcceptedAt ?? '-'],
    [
      'captured',
      charge.confirmationId === null ? '-' : `${money(charge.captured)}, confirmation ${charge.confirmationId}`,
    ],
    ['paid out', money(charge.paidOut)],
    ['card', charge.cardLastFour.join(' ') || '-'],
    ['due', charge.dueAt ?? '-'],
    ...charge.differences.map(({ message, tolerated }) => [tolerated ? 'noted' : 'difference', message] as const),
    ...(charge.writtenOff === null
      ? []
      : [['written off', `${charge.writtenOff.reason} (${charge.writtenOff.by}, ${charge.writtenOff.at})`] as const]),
  ]);
}
