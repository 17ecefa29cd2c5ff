/** Topics and users of Kafka as Strimzi's operator takes them, from the catalogue of events and what services hear of it. */
import type { AnyEventDefinition } from '@voltap/kernel';
import type { TopicDefinition } from '@voltap/platform/messaging';
import { stringify } from 'yaml';

export interface KafkaService {
  readonly name: string;
  readonly publishes: readonly AnyEventDefinition[];
  /** Names of topics. */
  readonly hears: readonly string[];
}

export interface KafkaTopicManifest extends TopicDefinition {
  /** As a service would make it. */
  readonly configuration: Readonly<Record<string, string>>;
}

const CLUSTER = 'voltap';
const API = 'kafka.strimzi.io/v1';
const WRITTEN = (what: string): string =>
  `# ${what}; written by \`npm run docs\` from the catalogue of events, so do not edit it here.\n`;

export function topicManifests(topics: readonly KafkaTopicManifest[]): string {
  const documents = topics
    .toSorted((one, other) => (one.topic < other.topic ? -1 : 1))
    .map(({ topic, partitions, configuration }) => ({
      apiVersion: API,
      kind: 'KafkaTopic',
      metadata: { name: topic, labels: { 'strimzi.io/cluster': CLUSTER } },
      spec: { partitions, replicas: 3, config: configuration },
    }));
  return WRITTEN('The topics of Voltap, with the partitions that they keep for ever') + joined(documents);
}

/** A user for each service, which may do what that service does, and nothing else. */
export function userManifests(services: readonly KafkaService[], deadLetters: string): string {
  const documents = services.map(({ name, publishes, hears }) => ({
    apiVersion: API,
    kind: 'KafkaUser',
    metadata: { name: `voltap-${name}`, labels: { 'strimzi.io/cluster': CLUSTER } },
    spec: {
      authentication: { type: 'scram-sha-512' },
      authorization: {
        type: 'simple',
        acls: [
          { resource: { type: 'group', name, patternType: 'literal' }, operations: ['Describe', 'Read'] },
          ...topicRights(
            publishes.map(({ topic }) => topic),
            [...hears],
            deadLetters,
          ),
        ],
      },
    },
  }));
  return WRITTEN('A user of Kafka for each service') + joined(documents);
}

function topicRights(writes: readonly string[], hears: readonly string[], deadLetters: string) {
  const all = [...new Set([...writes, ...hears, deadLetters])].toSorted();
  return all.map((topic) => {
    const moving = [
      ...(hears.includes(topic) ? ['Read'] : []),
      ...(writes.includes(topic) || topic === deadLetters ? ['Write'] : []),
    ];
    // A start compares each topic with the catalogue.
    const operations = ['Describe', 'DescribeConfigs', ...moving];
    return { resource: { type: 'topic', name: topic, patternType: 'literal' }, operations };
  });
}

function joined(documents: readonly object[]): string {
  return documents.map((document) => `---\n${stringify(document, { lineWidth: 0 })}`).join('');
}
