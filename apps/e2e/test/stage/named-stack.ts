/** Kafka, Redis and PostgreSQL that many platforms may share, as a service's environment names them. */
export type StackEnvironment = Readonly<
  Record<'VOLTAP_KAFKA_BROKERS' | 'VOLTAP_REDIS_URL' | 'VOLTAP_POSTGRES_URL', string>
>;

/** The stack of this run. @throws Error naming what is missing: without real parts nothing would be proven */
export function namedStack(): StackEnvironment {
  const named = (name: keyof StackEnvironment): string => {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is missing: run this by npm run test:stack, which names or starts a stack.`);
    return value;
  };
  return {
    VOLTAP_KAFKA_BROKERS: named('VOLTAP_KAFKA_BROKERS'),
    VOLTAP_REDIS_URL: named('VOLTAP_REDIS_URL'),
    VOLTAP_POSTGRES_URL: named('VOLTAP_POSTGRES_URL'),
  };
}
