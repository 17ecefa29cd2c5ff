import { join, resolve } from 'node:path';
import { freePorts } from '@voltap/platform/embedded';
import { makeHome, type StackHome } from './home.ts';
import { prepareBroker, prepareKafka } from './kafka.ts';
import { isFetched } from './kafka-installation.ts';
import { startPart } from './part.ts';
import { prepareCluster, startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { requirePrograms } from './requirements.ts';
import { makeSecurity, type Security } from './security.ts';
import { PART_NAMES, type PartName, type RunningStack, type StackPart, type StackWishes } from './stack.ts';
import { StackError } from './stack-error.ts';

export const DEFAULT_CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/voltap/stack');

/** Everything one start knows. */
interface Start {
  readonly home: StackHome;
  readonly cache: string;
  readonly java: string;
  readonly ports: Ports;
  readonly security: Security | undefined;
  readonly persistent: boolean;
  readonly advertisedHost: string | undefined;
  readonly progress: (line: string) => void;
  readonly onUnexpectedExit: (line: string) => void;
}

interface Ports {
  readonly kafka: number;
  readonly controller: number;
  readonly sasl: number;
  readonly mutual: number;
  readonly redis: number;
  readonly postgres: number;
}

/** A part as others reach it. */
interface Reachable {
  readonly part: StackPart;
  readonly address: string;
}

/**
 * A real Kafka broker, a real Redis and a real PostgreSQL as children of this process, on free ports of 127.0.0.1, each
 * serving when this returns. They end with this process however that ends (elsewhere than on Linux: the next start ends
 * what a killed one left).
 * @throws StackError; then nothing is left
 */
export async function startStack(wishes: StackWishes = {}): Promise<RunningStack> {
  const names = PART_NAMES.filter((name) => (wishes.parts ?? PART_NAMES).includes(name));
  const secure = wishes.secure ?? false;
  const cache = resolve(wishes.cache ?? DEFAULT_CACHE);
  const java = await requirePrograms({ parts: names, secure, fetching: !isFetched(cache) });
  const home = await makeHome();
  const parts: Partial<Record<PartName, Reachable>> = {};
  const stop = async (): Promise<void> => {
    await Promise.all(Object.values(parts).map(({ part }) => part.stop()));
    await home.remove();
  };
  try {
    const [kafka, controller, sasl, mutual, redis, postgres] = (await freePorts(6)) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const ports = { kafka, controller, sasl, mutual, redis, postgres };
    const security = secure ? await makeSecurity(home.directory, ports) : undefined;
    const silence = (): void => undefined;
    const { progress = silence, onUnexpectedExit = silence, persistent = false, advertisedHost } = wishes;
    const start = { home, cache, java, ports, security, persistent, advertisedHost, progress, onUnexpectedExit };
    const outcomes = await Promise.allSettled(
      names.map(async (name) => {
        parts[name] = await STARTS[name](start);
        progress(`${TITLES[name]} serves`);
      }),
    );
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    return runningStack(home.directory, parts, security, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

const TITLES: Readonly<Record<PartName, string>> = { kafka: 'Kafka', redis: 'Redis', postgres: 'PostgreSQL' };

const STARTS: Readonly<Record<PartName, (start: Start) => Promise<Reachable>>> = {
  async kafka({ home, cache, java, ports, security, advertisedHost, progress, onUnexpectedExit }) {
    const log = join(home.directory, 'kafka.log');
    const brokerPorts = { client: ports.kafka, controller: ports.controller, advertisedHost };
    const installation = await prepareKafka(cache, java, home, brokerPorts, progress);
    const directory = join(home.directory, 'kafka');
    const broker = await prepareBroker({ installation, directory, log, ports: brokerPorts, ...security?.broker });
    const launch = broker.start;
    const part = await startPart({ name: TITLES.kafka, home, log, launch, onUnexpectedExit });
    return { part, address: `127.0.0.1:${ports.kafka}` };
  },
  async redis({ home, ports, security, persistent, onUnexpectedExit }) {
    const log = join(home.directory, 'redis.log');
    const options = {
      directory: join(home.directory, 'redis'),
      log,
      port: ports.redis,
      persistent,
      ...(security === undefined ? {} : { security: security.redis }),
    };
    const part = await startPart({
      ...{ name: TITLES.redis, home, log, onUnexpectedExit },
      launch: (started) => startRedis(options, started),
    });
    return { part, address: security?.access.redis.url ?? `redis://127.0.0.1:${ports.redis}/0` };
  },
  async postgres({ home, cache, ports, security, progress, onUnexpectedExit }) {
    const directory = join(home.directory, 'postgres');
    await prepareCluster(cache, directory, progress);
    const options = { directory, port: ports.postgres, tls: security?.postgres };
    let address = '';
    const part = await startPart({
      ...{ name: TITLES.postgres, home, log: join(directory, 'postgres.log'), onUnexpectedExit },
      async launch(started) {
        const serving = await startPostgres(options, started);
        address = serving.url;
        return serving;
      },
    });
    return { part, address };
  },
};

function runningStack(
  directory: string,
  parts: Partial<Record<PartName, Reachable>>,
  security: Security | undefined,
  end: () => Promise<void>,
): RunningStack {
  const wished = (name: PartName): Reachable => {
    const part = parts[name];
    if (part === undefined) throw new StackError(`This stack was started without ${TITLES[name]}.`);
    return part;
  };
  const { kafka, redis, postgres } = parts;
  const secureAccess =
    security === undefined ? undefined : { ...security.access, postgres: { url: postgres?.address ?? '' } };
  const environment = {
    ...(kafka === undefined ? {} : { VOLTAP_KAFKA_BROKERS: kafka.address, ...security?.environment.kafka }),
    ...(redis === undefined ? {} : { VOLTAP_REDIS_URL: redis.address, ...security?.environment.redis }),
    ...(postgres === undefined ? {} : { VOLTAP_POSTGRES_URL: postgres.address }),
  };
  let stopping: Promise<void> | undefined;
  return {
    get kafka() {
      const { part, address } = wished('kafka');
      return withAddress(part, { brokers: address });
    },
    get redis() {
      const { part, address } = wished('redis');
      return withAddress(part, { url: address });
    },
    get postgres() {
      const { part, address } = wished('postgres');
      return withAddress(part, { url: address });
    },
    get secure() {
      if (secureAccess === undefined) throw new StackError('This stack was started without `secure`.');
      return secureAccess;
    },
    environment,
    directory,
    stop() {
      stopping ??= end();
      return stopping;
    },
  };
}

function withAddress<Address extends object>(part: StackPart, address: Address): StackPart & Address {
  return {
    ...address,
    get pid() {
      return part.pid;
    },
    kill: () => part.kill(),
    freeze: () => part.freeze(),
    thaw: () => part.thaw(),
    start: () => part.start(),
    stop: () => part.stop(),
  };
}
