// What of the chart comes from values.yaml and from the code, as `{ path, text }`. Needs what `npm run build` makes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { servicesOf } from '../production/tree.ts';
import { chartPage } from './chart-page.ts';
import { topicManifests, userManifests } from './kafka-manifests.ts';
import { settingsOf } from './settings.ts';
import { documentedValues } from './values-comments.ts';
import { valuesSchema } from './values-schema.ts';

const CHART = 'charts/voltap';

export async function generatedChartFiles(root) {
  const values = documentedValues(readFileSync(join(root, CHART, 'values.yaml'), 'utf8'));
  const settings = await settingsByOwner(root);
  const page = readFileSync(join(root, CHART, 'README.md'), 'utf8');
  return [
    { path: `${CHART}/values.schema.json`, text: valuesSchema(values, settings) },
    { path: `${CHART}/README.md`, text: chartPage(page, values, settings) },
    ...(await kafkaFiles(root)),
  ];
}

/** `all`: what every service reads; then what each reads beside that. */
async function settingsByOwner(root) {
  const { processSettings, telemetrySettings } = await import('../../libs/platform/dist/bootstrap/index.js');
  const { messagingSettings } = await import('../../libs/platform/dist/messaging/index.js');
  const settings = { all: settingsOf(processSettings, telemetrySettings, messagingSettings) };
  for (const definition of await serviceDefinitions(root))
    settings[definition.name] = settingsOf(definition.config.schema);
  return settings;
}

async function kafkaFiles(root) {
  const { topicConfiguration } = await import('../../libs/platform/dist/production/index.js');
  const { DEAD_LETTERS, topicOf } = await import('../../libs/platform/dist/messaging/index.js');
  const definitions = await serviceDefinitions(root);
  const topics = [...definitions.flatMap(({ publishes }) => publishes.map(topicOf)), DEAD_LETTERS].map((topic) => ({
    ...topic,
    configuration: topicConfiguration(topic),
  }));
  const services = definitions.map(({ name, publishes, module }) => ({
    name,
    publishes,
    hears: topicsHeardBy(module),
  }));
  return [
    { path: 'k8s/kafka/topics.yaml', text: topicManifests(topics) },
    { path: 'k8s/kafka/users.yaml', text: userManifests(services, DEAD_LETTERS.topic) },
  ];
}

/** Topics of all methods with `@Handles` in the consumers of a module. */
function topicsHeardBy(module) {
  const controllers = Reflect.getMetadata('controllers', module) ?? [];
  const methods = controllers.flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype).map((name) => Object.getOwnPropertyDescriptor(prototype, name)?.value),
  );
  const patterns = methods
    .filter((method) => typeof method === 'function')
    .flatMap((method) => Reflect.getMetadata('microservices:pattern', method) ?? []);
  return [...new Set(patterns)].toSorted();
}

/** The nine, as their packages export them. */
export function serviceDefinitions(root) {
  return Promise.all(
    servicesOf(root).map(async (folder) => {
      const exported = await import(join(root, folder, 'dist/service.js'));
      return Object.values(exported)[0];
    }),
  );
}
