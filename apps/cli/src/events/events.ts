import {
  operationsEndpoints,
  type ReplayOutcomeRecord,
  type SetAsideEventRecord,
  setAsideStateSchema,
} from '@voltap/contracts/back-office';
import { type Command, Option } from 'commander';
import type { BackOffice } from '../back-office.js';
import { CommandFailure, EXIT } from '../failure.js';
import { askServices, perhapsAService, theService } from '../services.js';
import type { Output } from '../terminal.js';
import { eventDetailsText, eventsText } from './event-text.js';

interface Selection {
  readonly topic?: string;
  readonly key?: string;
}

/** What the API takes in one call. */
const MOST_IDS = 100;

const HELP = `
Examples:
  voltap events list                        what waits in any service
  voltap events list sessions --kind money  whose keys are held back
  voltap events show sessions 17
  voltap events replay sessions 17 18
  voltap events replay sessions --key 'DE*VLT*S-1'
  voltap events discard sessions 17 --reason 'the charge was settled by hand'`;

/** `voltap events …`: what services could not handle, and what becomes of it. */
export function addEvents(program: Command, api: BackOffice, output: Output): void {
  const events = program
    .command('events')
    .description('events that a service could not handle: look, replay, give up')
    .addHelpText('after', HELP);
  const selecting = (command: Command): Command =>
    command.option('--topic <topic>', 'only of this topic').option('--key <key>', 'only of this key');

  selecting(
    events
      .command('list')
      .description('events that were set aside, of one service or of all')
      .addArgument(perhapsAService())
      .addOption(
        new Option('--state <state>', 'what became of it')
          .choices([...setAsideStateSchema.options, 'ALL'])
          .default('WAITING'),
      )
      .addOption(new Option('--kind <kind>', 'money: its key is held back').choices(['state', 'money'])),
  ).action(async (named: string | undefined, options: Selection & { state: string; kind?: string }) => {
    const { state, kind, topic, key } = options;
    const query = { state: state === 'ALL' ? undefined : state, kind, topic, key };
    await askServices(
      named,
      output,
      (service) => api.all<SetAsideEventRecord>(operationsEndpoints.listEvents, { params: { service }, query }),
      (answers) => {
        const found = answers.flatMap(([service, kept]) => kept.map((event) => ({ service, ...event })));
        output.print(found, () => eventsText(found));
      },
    );
  });

  events
    .command('show')
    .description('one event that was set aside, with its content')
    .addArgument(theService())
    .argument('<id>')
    .action(async (service: string, id: string) => {
      const event = await api.call(operationsEndpoints.readEvent, { params: { service, id } });
      output.print(event, () => eventDetailsText({ service, ...event }));
    });

  selecting(
    events
      .command('replay')
      .description('handle waiting events again: those named, those of a topic or key, or all')
      .addArgument(theService())
      .argument('[ids...]')
      .option('--all', 'all that wait in the service'),
  ).action(async (service: string, ids: string[], { all, topic, key }: Selection & { all?: true }) => {
    if (ids.length === 0 && topic === undefined && key === undefined && all === undefined)
      throw new CommandFailure('Say which: ids, --topic, --key, or --all.', EXIT.usage);
    if (ids.length > MOST_IDS) throw new CommandFailure(`At most ${MOST_IDS} ids can be named at once.`, EXIT.usage);
    const body = { ...(ids.length > 0 ? { ids } : {}), topic, key };
    const outcome = await replay(api, service, body, output);
    output.print(outcome, () => replayText(outcome));
    if (outcome.waiting > 0)
      throw new CommandFailure(
        `${outcome.waiting} still wait in ${service}. Mend what the error says and replay again, or discard them.`,
        EXIT.refused,
      );
  });

  events
    .command('discard')
    .description('give an event up: it never has an effect, and what waits behind it can be replayed')
    .addArgument(theService())
    .argument('<id>')
    .requiredOption('--reason <reason>', 'why; kept with the event')
    .action(async (service: string, id: string, { reason }: { reason: string }) => {
      const event = await api.call(operationsEndpoints.discardEvent, { params: { service, id }, body: { reason } });
      output.print(event, () => `Given up: event ${id} of ${service}, ${event.topic}, key ${event.key}.`);
    });
}

/** Call after call, since each takes on a part, until nothing waits any more or nothing could be done. */
async function replay(api: BackOffice, service: string, body: object, output: Output): Promise<ReplayOutcomeRecord> {
  let replayed = 0;
  for (;;) {
    const outcome = await api.call(operationsEndpoints.replayEvents, { params: { service }, body });
    replayed += outcome.replayed;
    if (outcome.waiting === 0 || outcome.replayed === 0) return { ...outcome, replayed };
    output.tell(`${replayed} replayed, ${outcome.waiting} wait …`);
  }
}

function replayText({ replayed, failed, waiting }: ReplayOutcomeRecord): string {
  return [
    `${replayed} replayed, ${waiting} still wait.`,
    ...failed.map(({ id, topic, key, error }) => `failed again: ${id}  ${topic}  ${key}\n    ${error}`),
  ].join('\n');
}
