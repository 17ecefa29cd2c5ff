import { answerPurchaseRequest } from '@voltap/ocpi/pricing';
import { type Command, InvalidArgumentError } from 'commander';
import type { Output, Terminal } from '../terminal.js';
import { readDocument, telling } from './document.js';

const HELP = `
No back-office is asked. Without --amount it is the preauthorize_amount of the tariff.

Examples:
  voltap purchase --tariff t.json --amount 20 --power 50 --time-zone Europe/Berlin`;

interface PurchaseOptions {
  readonly tariff: string;
  readonly power: number;
  readonly amount?: number;
  readonly start?: string;
  readonly timeZone?: string;
}

/** `voltap purchase`: how far an amount reaches. */
export function addPurchase(program: Command, output: Output, terminal: Terminal): void {
  program
    .command('purchase')
    .description('how far an amount reaches under a tariff')
    .requiredOption('--tariff <file>', 'OCPI Tariff; - is standard input')
    .requiredOption('--power <kW>', 'charging at this constant power', positive)
    .option('--amount <amount>', 'with taxes, in the currency of the tariff', positive)
    .option('--start <moment>', 'when charging begins; default: now')
    .option('--time-zone <name>', 'IANA zone of the location, like Europe/Berlin')
    .addHelpText('after', HELP)
    .action(async ({ tariff, power, amount, start, timeZone }: PurchaseOptions) => {
      const document = await readDocument(terminal, tariff, '/tariff');
      const answer = telling([document], () =>
        answerPurchaseRequest({
          tariff: document.content,
          powerKw: power,
          amount,
          startedAt: start ?? new Date().toISOString(),
          timeZone,
        }),
      );
      output.print(answer, () => [answer.text, ...answer.notes.map(({ message }) => `Note: ${message}`)].join('\n'));
    });
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}
