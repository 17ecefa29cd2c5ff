import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  moneyEndpoints,
  type PayoutImportView,
  type PayoutView,
  payoutRecordSchema,
} from '@voltap/contracts/back-office';
import { type Command, Option } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { type Output, table } from '../terminal.js';
import { jsonIn } from './json-file.js';

const HELP = `
Examples:
  voltap payouts mapping worldline mapping.json          say how the acquirer's file is read
  voltap payouts import worldline march.csv --by Ada
  voltap payouts list --state UNMATCHED
  voltap payouts match 'worldline:t3:5' pp-100 --by Ada
  voltap payouts dismiss 'worldline:t9:-3' --reason 'monthly fee' --by Ada`;

/** `voltap payouts …`: what acquirers paid out, beside what was captured. */
export function addPayouts(program: Command, api: BackOffice, output: Output): void {
  const payouts = program
    .command('payouts')
    .description("acquirers' files: import, look, match")
    .addHelpText('after', HELP);

  payouts
    .command('mappings')
    .description("how acquirers' files are read")
    .action(async () => {
      const { items } = await api.call(moneyEndpoints.listPayoutMappings);
      output.print(
        items,
        () => items.map(({ name, mapping }) => `${name}\n${JSON.stringify(mapping, null, 2)}`).join('\n') || 'none',
      );
    });

  payouts
    .command('mapping')
    .description("say how an acquirer's file is read")
    .argument('<name>')
    .argument('<file>', 'JSON; what it may hold says the API document, /payout-mappings')
    .action(async (name: string, file: string) => {
      const body = await jsonIn(file);
      const mapping = await api.call(moneyEndpoints.putPayoutMapping, { params: { name }, body });
      output.print(mapping, () => `Files of ${name} are read so from now on.`);
    });

  payouts
    .command('import')
    .description("take an acquirer's file, all of it or nothing")
    .argument('<mapping>')
    .argument('<file>', 'CSV')
    .requiredOption('--by <name>', 'who does this')
    .action(async (mapping: string, file: string, { by }: { by: string }) => {
      await readable(file);
      const done = await api.call(moneyEndpoints.importPayouts, {
        params: { mapping },
        query: { fileName: basename(file), by },
        stream: { contentType: 'text/csv', content: createReadStream(file) },
      });
      output.print(done, () => importText(done));
    });

  payouts
    .command('list')
    .description('lines of imported files')
    .addOption(new Option('--state <state>').choices(payoutRecordSchema.shape.state.options))
    .option('--import <id>', 'of one file')
    .action(async ({ state, import: importId }: { state?: string; import?: string }) => {
      const found = await api.all<PayoutView>(moneyEndpoints.listPayouts, { query: { state, importId } });
      output.print(found, () => payoutsText(found));
    });

  payouts
    .command('match')
    .description('say which charge a line belongs to')
    .argument('<id>')
    .argument('<authorization-reference>')
    .requiredOption('--by <name>', 'who says so')
    .option('--partner <id>', 'where two partners use the same reference')
    .action(async (id: string, authorization_reference: string, { by, partner }: { by: string; partner?: string }) => {
      const body = { authorization_reference, by, partnerId: partner };
      const payout = await api.call(moneyEndpoints.matchPayout, { params: { id }, body });
      output.print(
        payout,
        () => `${payout.amount} ${payout.currency} belongs to the charge ${payout.matchedReference}.`,
      );
    });

  payouts
    .command('dismiss')
    .description('say that a line belongs to no charge')
    .argument('<id>')
    .requiredOption('--reason <reason>', 'why; kept with the line')
    .requiredOption('--by <name>', 'who says so')
    .action(async (id: string, { reason, by }: { reason: string; by: string }) => {
      const payout = await api.call(moneyEndpoints.dismissPayout, { params: { id }, body: { reason, by } });
      output.print(payout, () => `${payout.amount} ${payout.currency} belongs to no charge: ${payout.note}`);
    });
}

async function readable(file: string): Promise<void> {
  try {
    if (!(await stat(file)).isFile()) throw new Error('it is no file');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : error}`, EXIT.usage);
  }
}

function importText({ lines, known, matched, ambiguous, unmatched, waiting, id }: PayoutImportView): string {
  const left = ambiguous + unmatched + waiting;
  return [
    `${lines} new lines: ${matched} matched, ${ambiguous} ambiguous, ${unmatched} without a charge.`,
    ...(known === 0 ? [] : [`${known} lines were known from an earlier file.`]),
    ...(waiting === 0 ? [] : [`${waiting} are still being matched.`]),
    ...(left === 0 ? [] : [`What is left shows: voltap payouts list --import ${id}`]),
  ].join('\n');
}

function payoutsText(payouts: readonly PayoutView[]): string {
  if (payouts.length === 0) return 'none';
  return table(
    ['ID', 'LINE', 'STATE', 'AMOUNT', 'FEE', 'CURRENCY', 'PAID', 'CARD', 'CHARGE'],
    payouts.map((payout) => [
      payout.id,
      String(payout.line),
      payout.state,
      payout.amount,
      payout.fee,
      payout.currency,
      payout.paidAt,
      payout.cardLastFour ?? '-',
      payout.matchedReference ?? (payout.candidates.length > 0 ? `one of ${payout.candidates.join(', ')}` : '-'),
    ]),
  );
}
