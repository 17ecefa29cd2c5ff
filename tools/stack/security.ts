import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { PostgresTls } from '@voltap/platform/embedded';
import { makeCertificates } from './certificates.ts';
import type { BrokerSecurity } from './kafka-settings.ts';
import type { RedisSecurity } from './redis.ts';
import type { Credentials, SecureAccess } from './stack.ts';

/** Of the services; also the name in the client certificate. */
const SERVICE_USER = 'voltap';
/** What the services put before their keys by default. */
const REDIS_KEY_PREFIX = 'voltap:';

/** What each part must be told to be secure, and what its clients must know. */
export interface Security {
  readonly broker: { readonly security: BrokerSecurity; readonly users: readonly Credentials[] };
  readonly redis: RedisSecurity;
  readonly postgres: PostgresTls;
  readonly access: Omit<SecureAccess, 'postgres'>;
  readonly environment: {
    readonly kafka: Readonly<Record<string, string>>;
    readonly redis: Readonly<Record<string, string>>;
  };
}

/** Passwords and certificates of one stack, made for it and removed with it. */
export async function makeSecurity(
  directory: string,
  ports: { readonly sasl: number; readonly mutual: number; readonly redis: number },
): Promise<Security> {
  const { authorityFile, server, client, keystoreFile } = await makeCertificates(
    join(directory, 'certificates'),
    SERVICE_USER,
  );
  const scram = credentials(SERVICE_USER);
  const plain = credentials('voltap_plain');
  const withoutRights = credentials('stranger');
  const administrator = credentials('administrator');
  const redisUser = credentials(SERVICE_USER);
  const redisUrl = ({ username, password }: Credentials): string =>
    `rediss://${username}:${password}@127.0.0.1:${ports.redis}/0`;
  const brokers = `127.0.0.1:${ports.sasl}`;
  return {
    broker: {
      security: {
        saslPort: ports.sasl,
        mutualPort: ports.mutual,
        keystoreFile,
        authorityFile,
        plain,
        administrators: [SERVICE_USER, plain.username],
      },
      users: [scram, withoutRights],
    },
    redis: { authorityFile, ...server, administrator, user: { ...redisUser, prefix: REDIS_KEY_PREFIX } },
    postgres: { authorityFile, ...server },
    access: {
      authorityFile,
      kafka: { brokers, scram, plain, withoutRights, mutualBrokers: `127.0.0.1:${ports.mutual}`, ...client },
      redis: { url: redisUrl(redisUser), administratorUrl: redisUrl(administrator) },
    },
    environment: {
      kafka: {
        VOLTAP_KAFKA_BROKERS: brokers,
        VOLTAP_KAFKA_TLS: 'true',
        VOLTAP_KAFKA_CA_FILE: authorityFile,
        VOLTAP_KAFKA_SASL_MECHANISM: 'scram-sha-512',
        VOLTAP_KAFKA_USERNAME: scram.username,
        VOLTAP_KAFKA_PASSWORD: scram.password,
      },
      redis: { VOLTAP_REDIS_CA_FILE: authorityFile },
    },
  };
}

/** Letters and digits only: they go into settings files, command lines and addresses as they are. */
function credentials(username: string): Credentials {
  return { username, password: randomBytes(18).toString('hex') };
}
