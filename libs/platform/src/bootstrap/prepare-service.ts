import { openDataSource } from '../persistence/index.js';
import { ensureOwnTopics } from './messaging.js';
import type { Platform } from './platform.js';
import type { ServiceDefinition } from './service-definition.js';

/**
 * Brings the schema of a service's database up to date and makes its topics, as a start would, without serving. May be
 * repeated, and run beside instances that serve: migrations are additive, and topics that exist are only compared.
 */
export async function prepareService(definition: ServiceDefinition, platform: Platform): Promise<void> {
  const dataSource = await openDataSource(
    platform.database(definition.name),
    definition.migrations,
    definition.entities ?? [],
  );
  await dataSource.destroy();
  await ensureOwnTopics(definition, platform.bus);
  platform.logger(definition.name).info('schema and topics are as this version needs them');
}
