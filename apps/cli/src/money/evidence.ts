import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import {
  cdrsEndpoints,
  commandsEndpoints,
  type DeliveryRecord,
  gatewayEndpoints,
  paymentsEndpoints,
  type Receipt,
  type ReconciliationView,
  sessionsEndpoints,
} from '@voltap/contracts/back-office';
import type { Command } from 'commander';
import { zipSync } from 'fflate';
import { type BackOffice, BackOfficeFailure } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import type { Output } from '../terminal.js';
import { partyIn } from './party.js';

interface Item {
  readonly name: string;
  readonly content: Buffer;
}

const HELP = `
Example:
  voltap evidence pp-100100-23 --out pp-100100-23.zip

In the archive: where the money stands, the start command with the tariff that was shown, the session, the CDR with its signed
meter values, the receipt as JSON and PDF, and every message to the partner with its attempts.`;

/** `voltap evidence`: all that is known of one charge, for a dispute, in one archive. */
export function addEvidence(program: Command, api: BackOffice, output: Output): void {
  program
    .command('evidence')
    .description('all that is known of one charge, for a dispute, in one archive')
    .argument('<authorization-reference>')
    .requiredOption('--out <file>', 'the ZIP archive to write')
    .addHelpText('after', HELP)
    .action(async (authorization_reference: string, { out }: { out: string }) => {
      const charge = await api.call(paymentsEndpoints.readReconciliation, { params: { authorization_reference } });
      const items: Item[] = [json('reconciliation.json', charge)];
      const missing: string[] = [];
      for (const [name, read] of Object.entries(partsOf(api, charge))) {
        const item = await perhaps(read);
        if (item === null) missing.push(name);
        else items.push(json(`${name}.json`, item));
      }
      const receipt = await perhaps(() =>
        api.call(paymentsEndpoints.readReceipt, { params: { authorization_reference } }),
      );
      if (receipt === null) missing.push('receipt');
      else items.push(json('receipt.json', receipt));
      const pdf = receipt === null ? null : await pdfOf(receipt, charge);
      if (pdf === null) missing.push('receipt as PDF');
      else items.push({ name: 'receipt.pdf', content: pdf });
      items.push(...(await deliveriesOf(api, charge, output)));
      const summary = summaryOf(charge, items, missing);
      await write(out, [{ name: 'summary.txt', content: Buffer.from(summary) }, ...items]);
      output.print({ file: out, items: items.map(({ name }) => name), missing }, () => `${summary}\nWritten: ${out}`);
    });
}

/** What each service knows; null where the charge did not get so far. */
function partsOf(api: BackOffice, charge: ReconciliationView): Record<string, () => Promise<unknown>> {
  const { commandId, party, sessionId, cdrId } = charge;
  const owner = party === null ? null : partyIn(party);
  const none = async (): Promise<null> => null;
  return {
    command: commandId === null ? none : () => api.call(commandsEndpoints.read, { params: { commandId } }),
    session:
      owner === null || sessionId === null
        ? none
        : () => api.call(sessionsEndpoints.read, { params: { ...owner, id: sessionId } }),
    cdr:
      owner === null || cdrId === null ? none : () => api.call(cdrsEndpoints.read, { params: { ...owner, id: cdrId } }),
  };
}

/** What is not there is said, not a failure; that a service is away is one. */
async function perhaps<Value>(read: () => Promise<Value>): Promise<Value | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BackOfficeFailure && error.problem?.code === 'not_found') return null;
    throw error;
  }
}

async function deliveriesOf(api: BackOffice, charge: ReconciliationView, output: Output): Promise<Item[]> {
  const query = { authorizationReference: charge.authorization_reference };
  const deliveries = await api.all<DeliveryRecord>(gatewayEndpoints.listDeliveries, { query });
  output.tell(`${deliveries.length} messages to the partner …`);
  const items: Item[] = [];
  for (const [index, { id, kind }] of deliveries.toReversed().entries()) {
    const details = await api.call(gatewayEndpoints.readDelivery, { params: { id } });
    items.push(json(`messages/${String(index + 1).padStart(4, '0')}-${kind}.json`, details));
  }
  return items;
}

/** From the driver's address, as the driver gets it; null when it cannot be reached from here. */
async function pdfOf({ url }: Receipt, { cardLastFour }: ReconciliationView): Promise<Buffer | null> {
  if (url === null) return null;
  const [card] = cardLastFour;
  try {
    const response = await fetch(`${url}.pdf${card === undefined ? '' : `?card=${card}`}`);
    return response.ok ? Buffer.from(await response.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

function json(name: string, value: unknown): Item {
  return { name, content: Buffer.from(`${JSON.stringify(value, null, 2)}\n`) };
}

function summaryOf(charge: ReconciliationView, items: readonly Item[], missing: readonly string[]): string {
  const money = (amount: string | null): string =>
    amount === null ? 'nothing' : `${amount} ${charge.currency ?? ''}`.trim();
  return [
    `Charge ${charge.authorization_reference}: ${charge.state}`,
    `Started ${charge.startedAt ?? '-'} at ${charge.location_id ?? '-'}, ${charge.evse_uid ?? '-'}`,
    `Billed ${money(charge.cdrTotal)}, captured ${money(charge.captured)}, paid out ${money(charge.paidOut)}`,
    ...charge.differences.map(({ message }) => `Difference: ${message}`),
    ...missing.map((name) => `Not in this archive, since it does not exist or cannot be had: ${name}`),
    '',
    'SHA-256 of the files:',
    ...items.map(({ name, content }) => `${createHash('sha256').update(content).digest('hex')}  ${name}`),
    '',
  ].join('\n');
}

async function write(file: string, items: readonly Item[]): Promise<void> {
  const archive = zipSync(Object.fromEntries(items.map(({ name, content }) => [name, content])));
  try {
    await writeFile(file, archive);
  } catch (error) {
    throw new CommandFailure(
      `${file} cannot be written: ${error instanceof Error ? error.message : error}`,
      EXIT.usage,
    );
  }
}
