import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Platform, processPlatform, processSettings } from '@voltap/platform/bootstrap';
import { ConfigError, readConfig } from '@voltap/platform/config';
import { openDataSource } from '@voltap/platform/persistence';
import { waitUntil } from '@voltap/platform/testing';
import { type RunningStack, startStack } from '@voltap/tools/stack';

const SECRET = 'a secret for tests, long enough to be one';
const COMMON = {
  VOLTAP_PLATFORM: 'production',
  VOLTAP_CALLER_SECRET: SECRET,
  VOLTAP_SEALING_SECRET: SECRET,
  VOLTAP_SERVICE_ADDRESSES: '{}',
  VOLTAP_LOG_LEVEL: 'silent',
};

describe('parts that ask who is there, over TLS', () => {
  let stack: RunningStack;
  const opened: Platform[] = [];
  beforeAll(async () => {
    stack = await startStack({ secure: true });
  });
  afterAll(async () => {
    await Promise.all(opened.map((platform) => platform.close()));
    await stack?.stop();
  });

  /** As a service process reads it; undefined takes a variable away. */
  function open(changes: Record<string, string | undefined> = {}): Platform {
    const environment = { ...COMMON, ...stack.environment, ...changes };
    const platform = processPlatform(readConfig(processSettings, environment), environment);
    opened.push(platform);
    return platform;
  }

  async function expectRecordsToPass({ bus }: Platform): Promise<void> {
    const topic = `secure.${randomUUID()}`;
    await bus.ensureTopics([{ topic, partitions: 1, compacted: false }]);
    await bus.publish([{ topic, key: 'k', headers: {}, value: '"written"' }]);
    const seen: (string | null)[] = [];
    const subscription = await bus.subscribe({
      group: randomUUID(),
      topics: [topic],
      handleBatch: async (records) => {
        seen.push(...records.map(({ value }) => value));
        return { settled: records.length };
      },
    });
    await waitUntil(() => seen.length === 1, { describe: 'the record' });
    await subscription.close();
    expect(seen).toEqual(['"written"']);
  }

  it('takes all three by the environment that a deployment sets', async () => {
    const platform = open();
    await expectRecordsToPass(platform);
    await waitUntil(
      () =>
        platform.correlation.open('id', 'value', 600_000).then(
          () => true,
          () => false,
        ),
      {
        describe: 'Redis to take a value',
      },
    );
    // Who claims again gets the same answer; one that took longer than a partner may wait was none.
    const claim = await waitUntil(() => platform.correlation.claim('id', 'me', 600_000), { describe: 'the claim' });
    expect(claim).toEqual({ claimed: true, value: 'value' });
    const dataSource = await openDataSource(
      { ...platform.database('x'), url: stack.environment.VOLTAP_POSTGRES_URL ?? '' },
      [],
      [],
    );
    const [row]: { ssl: boolean }[] = await dataSource.query(
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
    );
    expect(row).toEqual({ ssl: true });
    await dataSource.destroy();
  });

  it('signs in at Kafka by PLAIN, and by a certificate alone', async () => {
    const { kafka } = stack.secure;
    await expectRecordsToPass(
      open({
        VOLTAP_KAFKA_SASL_MECHANISM: 'plain',
        VOLTAP_KAFKA_USERNAME: kafka.plain.username,
        VOLTAP_KAFKA_PASSWORD: kafka.plain.password,
      }),
    );
    await expectRecordsToPass(
      open({
        VOLTAP_KAFKA_BROKERS: kafka.mutualBrokers,
        VOLTAP_KAFKA_SASL_MECHANISM: undefined,
        VOLTAP_KAFKA_USERNAME: undefined,
        VOLTAP_KAFKA_PASSWORD: undefined,
        VOLTAP_KAFKA_CERTIFICATE_FILE: kafka.certificateFile,
        VOLTAP_KAFKA_KEY_FILE: kafka.keyFile,
      }),
    );
  });

  it.each([
    ['a wrong password', () => ({ VOLTAP_KAFKA_PASSWORD: 'wrong' }), /SASL.*SCRAM-SHA-512/i],
    [
      'no rights',
      () => {
        const { username, password } = stack.secure.kafka.withoutRights;
        return { VOLTAP_KAFKA_USERNAME: username, VOLTAP_KAFKA_PASSWORD: password };
      },
      /authoriz/i,
    ],
    ['an authority that we do not know', () => ({ VOLTAP_KAFKA_CA_FILE: undefined }), /certificate/i],
  ])('says at once what is wrong at Kafka: %s', async (_what, changes, message) => {
    const { bus } = open(changes());
    await expect(bus.ensureTopics([{ topic: 'never', partitions: 1, compacted: false }])).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(message),
    });
  });

  it('says that a broker which wants TLS or a user hangs up', async () => {
    const without = {
      VOLTAP_KAFKA_SASL_MECHANISM: undefined,
      VOLTAP_KAFKA_USERNAME: undefined,
      VOLTAP_KAFKA_PASSWORD: undefined,
    };
    for (const changes of [{ ...without, VOLTAP_KAFKA_TLS: 'false', VOLTAP_KAFKA_CA_FILE: undefined }, without]) {
      await expect(open(changes).bus.describeTopics(['x'])).rejects.toThrow(
        /VOLTAP_KAFKA_TLS.*VOLTAP_KAFKA_SASL_MECHANISM/,
      );
    }
  });

  it('refuses settings that do not belong together, naming them', () => {
    expect(() => open({ VOLTAP_KAFKA_PASSWORD: undefined })).toThrow(ConfigError);
    expect(() => open({ VOLTAP_KAFKA_PASSWORD: undefined })).toThrow(/VOLTAP_KAFKA_PASSWORD/);
    expect(() => open({ VOLTAP_KAFKA_TLS: 'false' })).toThrow(/VOLTAP_KAFKA_TLS/);
    expect(() => open({ VOLTAP_KAFKA_CA_FILE: '/nowhere/ca.pem' })).toThrow(/VOLTAP_KAFKA_CA_FILE: cannot be read/);
    expect(() => open({ VOLTAP_KAFKA_BROKERS: 'localhost' })).toThrow(/VOLTAP_KAFKA_BROKERS: must be host:port/);
    expect(() => open({ VOLTAP_POSTGRES_URL: undefined })).toThrow(/VOLTAP_DATABASE_URL/);
  });
});
