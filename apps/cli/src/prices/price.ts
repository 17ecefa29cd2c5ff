import { answerPriceRequest, type PriceAnswer } from '@voltap/ocpi/pricing';
import type { Command } from 'commander';
import { CommandFailure, EXIT } from '../failure.js';
import { entries, type Output, type Terminal, table } from '../terminal.js';
import { type Document, readDocument, telling } from './document.js';

const HELP = `
No back-office is asked: the price comes from the documents alone, by the engine that prices sessions and CDRs. Documents are OCPI 2.3.0.
Several tariffs: --tariff again; the first is for every charging period that names no other. A CDR is priced by its own tariffs
when none is given, compared with what it says, and ends with 1 when that differs.

Examples:
  voltap price --tariff t.json --session s.json --time-zone Europe/Berlin
  voltap price --cdr c.json --time-zone Europe/Berlin --json`;

interface PriceOptions {
  readonly tariff: readonly string[];
  readonly session?: string;
  readonly cdr?: string;
  readonly timeZone?: string;
  readonly until?: string;
  readonly taxName?: string;
}

/** `voltap price`: what a session or CDR costs, and why. */
export function addPrice(program: Command, output: Output, terminal: Terminal): void {
  program
    .command('price')
    .description('what a session or CDR costs under its tariff, with an explanation')
    .option('--tariff <file>', 'OCPI Tariff; - is standard input', collect, [])
    .option('--session <file>', 'OCPI Session')
    .option('--cdr <file>', 'OCPI CDR: priced anew and compared')
    .option('--time-zone <name>', 'IANA zone of the location, like Europe/Berlin')
    .option('--until <moment>', 'up to when a session without an end is priced; else until its last change')
    .option('--tax-name <name>', 'name of the tax that vat stands for; else VAT')
    .addHelpText('after', HELP)
    .action((options: PriceOptions) => price(options, output, terminal));
}

function collect(file: string, before: readonly string[]): string[] {
  return [...before, file];
}

async function price(options: PriceOptions, output: Output, terminal: Terminal): Promise<void> {
  if ((options.session === undefined) === (options.cdr === undefined))
    throw new CommandFailure('Either --session or --cdr is needed.', EXIT.usage);
  const tariffs: Document[] = [];
  for (const [index, file] of options.tariff.entries())
    tariffs.push(await readDocument(terminal, file, `/tariffs/${index}`));
  const charge =
    options.cdr === undefined
      ? await readDocument(terminal, options.session ?? '-', '/session')
      : await readDocument(terminal, options.cdr, '/cdr');
  const answer = telling([...tariffs, charge], () =>
    answerPriceRequest({
      ...(tariffs.length > 0 && { tariffs: tariffs.map(({ content }) => content) }),
      [charge.pointer.slice(1)]: charge.content,
      timeZone: options.timeZone,
      until: options.until,
      taxName: options.taxName,
    }),
  );
  output.print(answer, () => textOf(answer));
  const { differences } = answer;
  if (differences !== null && differences.length > 0)
    throw new CommandFailure(
      `${charge.file} says otherwise: ${differences.map(({ pointer }) => pointer.slice('/cdr'.length)).join(', ')}.`,
      EXIT.refused,
    );
}

function textOf({ currency, startedAt, until, hours, totals, lines, notes, differences }: PriceAnswer): string {
  const parts = [
    ...lines.map(({ text }) => text),
    '',
    entries([
      ['Before taxes', `${totals.beforeTaxes} ${currency}`],
      ...totals.taxes.map(
        ({ name, percentage, amount }) =>
          [percentage === null ? name : `${name} ${percentage} %`, `${amount} ${currency}`] as const,
      ),
      ['Total', `${totals.afterTaxes} ${currency}`],
      ['From, until', `${startedAt}, ${until} (${hours} h)`],
    ]),
  ];
  if (notes.length > 0) parts.push('', ...notes.map(({ message }) => `Note: ${message}`));
  if (differences !== null && differences.length > 0) {
    const rows = differences.map(({ pointer, stated, calculated, difference }) => [
      pointer,
      stated ?? '-',
      calculated ?? '-',
      difference,
    ]);
    parts.push('', table(['FIELD', 'STATED', 'CALCULATED', 'DIFFERENCE'], rows));
  }
  return parts.join('\n');
}
