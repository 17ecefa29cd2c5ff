import type { Type } from '@nestjs/common';
import type { AnyEventDefinition } from '@voltap/kernel';
import type { ConfigSchema } from '../config/index.js';
import type { EntityClass, MigrationClass, ProjectionTable } from '../persistence/index.js';
import type { OperationsRows } from './operations.js';

/** All that the bootstrap needs to know of a service; its package exports nothing else. */
export interface ServiceDefinition {
  /** OCPI module name or role; also the consumer group and the database's name. */
  readonly name: string;
  readonly module: Type;
  readonly config: ConfigToken;
  readonly migrations: readonly MigrationClass[];
  readonly entities?: readonly EntityClass[];
  /** Topics are made from what is published, before anything is. */
  readonly publishes: readonly AnyEventDefinition[];
  /** All that it keeps of others' facts, which can be built anew from their topics. */
  readonly projections?: readonly ProjectionTable<object>[];
  /** The rows under which it serves what an operator does about its messaging: `operationsEndpoints` of the contract. */
  readonly operations?: OperationsRows;
}

/** A service's configuration: a schema over environment variables, and the DI token of what was read. */
export interface ConfigToken {
  readonly token: symbol;
  readonly schema: ConfigSchema;
}

export function defineService(definition: ServiceDefinition): ServiceDefinition {
  return definition;
}
