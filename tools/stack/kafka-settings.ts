import { join } from 'node:path';
import type { Credentials } from './stack.ts';

/**
 * One broker for development and tests: everything is kept once, groups form at once, and a broker that was killed is back
 * in 3 s instead of 13 s. docker/compose.yaml says the same.
 */
export const SINGLE_BROKER_SETTINGS: Readonly<Record<string, string>> = {
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  // With the next line: how long the registration of a killed broker keeps its successor out.
  'broker.session.timeout.ms': '1000',
  'broker.heartbeat.interval.ms': '250',
  // The default of 128 MB is what needs a big heap.
  'log.cleaner.dedupe.buffer.size': '2097152',
  'auto.create.topics.enable': 'false',
};

export interface BrokerPorts {
  readonly client: number;
  readonly controller: number;
  /** Where clients are told to find the broker; default 127.0.0.1, where it listens. */
  readonly advertisedHost?: string;
}

export interface BrokerSecurity {
  readonly saslPort: number;
  readonly mutualPort: number;
  /** PEM: private key, certificate and authority in one file. */
  readonly keystoreFile: string;
  readonly authorityFile: string;
  readonly plain: Credentials;
  /** Names of the users who may do everything. */
  readonly administrators: readonly string[];
}

/** @param directory where the broker keeps its logs */
export function brokerSettings(ports: BrokerPorts, directory: string, security?: BrokerSecurity): string {
  const plaintext = `PLAINTEXT://127.0.0.1:${ports.client}`;
  const secured =
    security === undefined
      ? []
      : [`SASL://127.0.0.1:${security.saslPort}`, `MUTUAL://127.0.0.1:${security.mutualPort}`];
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: [plaintext, `CONTROLLER://127.0.0.1:${ports.controller}`, ...secured].join(','),
    'advertised.listeners': [`PLAINTEXT://${ports.advertisedHost ?? '127.0.0.1'}:${ports.client}`, ...secured].join(
      ',',
    ),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL',
    ...SINGLE_BROKER_SETTINGS,
    'log.dirs': join(directory),
    ...(security === undefined ? {} : securitySettings(security)),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function securitySettings(security: BrokerSecurity): Record<string, string> {
  const { plain, keystoreFile, authorityFile, administrators } = security;
  const modules = 'org.apache.kafka.common.security';
  return {
    'listener.name.sasl.sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN',
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    'listener.name.sasl.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required user_${plain.username}="${plain.password}";`,
    'listener.name.sasl.ssl.keystore.type': 'PEM',
    'listener.name.sasl.ssl.keystore.location': keystoreFile,
    'listener.name.mutual.ssl.keystore.type': 'PEM',
    'listener.name.mutual.ssl.keystore.location': keystoreFile,
    'listener.name.mutual.ssl.truststore.type': 'PEM',
    'listener.name.mutual.ssl.truststore.location': authorityFile,
    'listener.name.mutual.ssl.client.auth': 'required',
    'listener.name.mutual.ssl.principal.mapping.rules': 'RULE:^CN=([^,]*).*$/$1/',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // The listener without users is for the broker itself and for administration from this machine.
    'super.users': ['ANONYMOUS', ...administrators].map((name) => `User:${name}`).join(';'),
  };
}
