import {
  DELIVERY_MODULES,
  type DeliveryRecord,
  deliveryStateSchema,
  gatewayEndpoints,
  RESYNC_MODULES,
} from '@voltap/contracts/back-office';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { BackOffice } from '../back-office.js';
import type { Output } from '../terminal.js';
import { deliveriesText, deliveryText, queuesText, standingOf } from './delivery-text.js';

interface Filters {
  readonly partner?: string;
  readonly module?: string;
  readonly object?: string;
  readonly state?: string;
  readonly charge?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

/** What the API gives in one page. */
const MOST = 500;

const HELP = `
Examples:
  voltap deliveries queues                           what waits for whom, and why
  voltap deliveries list --state EXHAUSTED           what needs somebody
  voltap deliveries list --charge AUTH-0001          everything about one charge
  voltap deliveries list --partner <id> --module locations --object L-1
  voltap deliveries show <id> --bodies
  voltap deliveries resend <id>
  voltap deliveries give-up <id> --reason 'settled on paper'
  voltap deliveries pause <partner> --reason 'their maintenance'
  voltap deliveries resync <partner> locations`;

/** `voltap deliveries …`: what was sent to partners, and what is to be sent. */
export function addDeliveries(program: Command, api: BackOffice, output: Output): void {
  const deliveries = program
    .command('deliveries')
    .description('what was sent to partners, or is to be sent: look, send again, give up, pause')
    .addHelpText('after', HELP);

  deliveries
    .command('list')
    .description('deliveries, newest first')
    .option('--partner <id>', 'only to this partner')
    .addOption(new Option('--module <module>', 'only of this module').choices(DELIVERY_MODULES))
    .option('--object <id>', 'only of the location, tariff, session, CDR or command with this id')
    .addOption(new Option('--state <state>', 'what became of it').choices(deliveryStateSchema.options))
    .option('--charge <reference>', 'only of the charge with this authorization_reference')
    .option('--from <time>', 'made at this time or after, such as 2026-03-01T00:00:00Z', instant)
    .option('--to <time>', 'made before this time', instant)
    .option('--limit <count>', `at most this many, up to ${MOST}`, count, 50)
    .action(async ({ partner, charge, ...rest }: Filters) => {
      const query = { ...rest, partnerId: partner, authorizationReference: charge };
      const { items, next } = await api.call(gatewayEndpoints.listDeliveries, { query });
      const found: readonly DeliveryRecord[] = items;
      output.print(found, () => deliveriesText(found));
      if (next !== null) output.tell(`There are more than ${rest.limit}; ask for fewer, or for more with --limit.`);
    });

  deliveries
    .command('show')
    .description('one delivery with every attempt: requests, request ids, answers')
    .argument('<id>')
    .option('--bodies', 'also what was said, without what is secret or personal')
    .action(async (id: string, { bodies }: { bodies?: true }) => {
      const delivery = await api.call(gatewayEndpoints.readDelivery, { params: { id } });
      output.print(delivery, () => deliveryText(delivery, bodies === true));
    });

  deliveries
    .command('resend')
    .description('send a settled delivery again, with the same bytes')
    .argument('<id>')
    .action(async (id: string) => {
      const delivery = await api.call(gatewayEndpoints.resendDelivery, { params: { id } });
      output.print(delivery, () => `In line again: ${delivery.kind} ${delivery.objectKey} for ${delivery.partnerId}.`);
    });

  deliveries
    .command('give-up')
    .description('end a delivery that waits; it comes back by hand only')
    .argument('<id>')
    .requiredOption('--reason <reason>', 'why; kept with the delivery')
    .action(async (id: string, body: { reason: string }) => {
      const delivery = await api.call(gatewayEndpoints.giveUpDelivery, { params: { id }, body });
      output.print(delivery, () => `Given up: ${delivery.kind} ${delivery.objectKey} for ${delivery.partnerId}.`);
    });

  deliveries
    .command('queues')
    .description('the queue of each partner: what waits, and why')
    .action(async () => {
      const { items } = await api.call(gatewayEndpoints.listDeliveryQueues);
      output.print(items, () => queuesText(items));
    });

  deliveries
    .command('pause')
    .description('send nothing to a partner for now; the newest state of each object waits')
    .argument('<partner>')
    .requiredOption('--reason <reason>', 'why; shown until it is resumed')
    .action(async (partnerId: string, body: { reason: string }) => {
      const queue = await api.call(gatewayEndpoints.pauseDeliveries, { params: { partnerId }, body });
      output.print(queue, () => `${partnerId}: ${standingOf(queue)}; ${queue.pending} wait.`);
    });

  deliveries
    .command('resume')
    .description('send to a partner again, at once')
    .argument('<partner>')
    .action(async (partnerId: string) => {
      const queue = await api.call(gatewayEndpoints.resumeDeliveries, { params: { partnerId } });
      output.print(queue, () => `${partnerId}: ${standingOf(queue)}; ${queue.pending} wait.`);
    });

  deliveries
    .command('resync')
    .description('tell a partner everything of a module again, each object as it is now')
    .argument('<partner>')
    .addArgument(new Argument('<module>').choices(RESYNC_MODULES))
    .action(async (partnerId: string, module: string) => {
      const outcome = await api.call(gatewayEndpoints.resyncDeliveries, { params: { partnerId }, body: { module } });
      output.print(outcome, () => `${outcome.planned} of ${module} are to be sent to ${partnerId}.`);
    });
}

/** The API takes times to the second or finer, in UTC. */
function instant(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError('It is a time such as 2026-03-01T00:00:00Z.');
  return at.toISOString();
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MOST)
    throw new InvalidArgumentError(`It is a whole number from 1 to ${MOST}.`);
  return value;
}
