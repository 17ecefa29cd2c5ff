import type { Command } from 'commander';
import { CommandFailure, EXIT } from '../failure.js';
import { type Output, table } from '../terminal.js';
import { eventCatalogue, type PlannedTopic, planTopics, topicText } from './topic-plan.js';

const HELP = `
Kafka is named by the settings of a service: VOLTAP_KAFKA_BROKERS, and VOLTAP_KAFKA_TLS, _CA_FILE, _SASL_MECHANISM, _USERNAME,
_PASSWORD, _PREFIX, _REPLICATION where they are needed. No back-office is asked.

Examples:
  VOLTAP_KAFKA_BROKERS=127.0.0.1:9092 voltap topics plan
  VOLTAP_KAFKA_BROKERS=127.0.0.1:9092 voltap topics apply`;

/** `voltap topics …`: the topics of the cluster beside the catalogue of events. */
export function addTopics(program: Command, output: Output): void {
  const topics = program
    .command('topics')
    .description('topics of Kafka beside the catalogue of events: compare, make')
    .addHelpText('after', HELP);

  topics
    .command('plan')
    .description('what is missing and what differs; changes nothing, and ends with 1 when there is something')
    .action(() => work(false, output));

  topics
    .command('apply')
    .description('make what is missing; a topic that exists otherwise is told, never changed, and ends with 1')
    .action(() => work(true, output));
}

async function work(apply: boolean, output: Output): Promise<void> {
  // Half a second of loading that no other command needs.
  const [{ productionBus }, { DEAD_LETTERS, topicOf }, { createLogger }, { ConfigError }, { VoltapError }] =
    await Promise.all([
      import('@voltap/platform/bootstrap'),
      import('@voltap/platform/messaging'),
      import('@voltap/platform/telemetry'),
      import('@voltap/platform/config'),
      import('@voltap/kernel'),
    ]);
  const wanted = [...eventCatalogue().map(topicOf), DEAD_LETTERS];
  try {
    const bus = productionBus(createLogger({ level: 'silent', service: 'voltap' }));
    try {
      const before = planTopics(wanted, await bus.describeTopics(wanted.map(({ topic }) => topic)));
      const missing = before.filter(({ state }) => state === 'missing');
      if (apply) await bus.ensureTopics(missing.map((planned) => planned.wanted));
      report(before, apply, output);
    } finally {
      await bus.close();
    }
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandFailure(error.message, EXIT.usage);
    if (!(error instanceof VoltapError)) throw error;
    throw new CommandFailure(error.message, error.code === 'unavailable' ? EXIT.unreachable : EXIT.refused);
  }
}

/** @throws CommandFailure when something is not as it should be */
function report(plan: readonly PlannedTopic[], applied: boolean, output: Output): void {
  const told = plan.map((planned) => ({
    ...planned,
    state: applied && planned.state === 'missing' ? 'made' : planned.state,
  }));
  output.print(told, () =>
    table(
      ['TOPIC', 'STATE', 'WANTED', 'FOUND'],
      told.map(({ topic, state, wanted, found }) => [
        topic,
        state,
        topicText(wanted),
        found === null || state === 'same' ? '' : topicText(found),
      ]),
    ),
  );
  const different = told.filter(({ state }) => state === 'different').map(({ topic }) => topic);
  if (different.length > 0)
    throw new CommandFailure(
      `Nothing was changed of what differs: ${different.join(', ')}. Retention can be altered in place with the tools of Kafka; other partitions or compaction need a new topic, since the order of keys hangs on them.`,
      EXIT.refused,
    );
  const missing = told.filter(({ state }) => state === 'missing').length;
  if (missing > 0)
    throw new CommandFailure(`${missing} topics are missing; \`voltap topics apply\` makes them.`, EXIT.refused);
}
