import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { queryDatabase, waitUntil } from '@voltap/platform/testing';
import type { Route } from '@voltap/simulator';
import type { RunningStack } from '@voltap/tools/stack';
import type { Moment } from '../stage/interrupted-charge.js';
import { killUntilRestarted, untilWhole } from '../stage/processes.js';
import { listed } from '../stage/settled-charge.js';
import type { Stage } from '../stage/stage.js';
import { busOf } from './read-evidence.js';

/** A platform with two gateways and two commands services, and the parts under it. */
export interface FaultWorld extends Stage {
  readonly stack: RunningStack;
}

export interface Fault {
  readonly name: string;
  /** When in a charge it tells most; another moment only where that is said. */
  readonly moment: Moment;
  /** Whether it hits only at its own moment. */
  readonly onlyThen?: boolean;
  /** Before the charge begins. */
  prepare?(world: FaultWorld): void;
  /**
   * Causes it, and resolves when its cause is over and every replica is ready: recovery from there on is the platform's.
   * @param heard how many requests the partner had heard when the charge began; what came before is not meant
   */
  inject(world: FaultWorld, heard: number): Promise<void>;
}

const ACCEPTED = 'START_SESSION was answered ACCEPTED';
const ENDED = 'the session ended';
const CREATED = 'the CDR was created';

const GATEWAYS = ['gateway', 'gateway-2'];
/** How long what is killed stays away: long enough for every reconnect to fail first. */
const AWAY_MS = 2_000;
const FROZEN_MS = 20_000;
const READ_ONLY_MS = 5_000;
/** Longer than a kill takes, shorter than a partner may take. */
const ANSWER_AFTER_MS = 5_000;
const answerLate = { method: 'POST', delayMs: ANSWER_AFTER_MS };

export const FAULTS: readonly Fault[] = [
  { name: 'the broker is killed and started again', moment: ENDED, inject: (world) => killPart(world, 'kafka') },
  {
    name: 'the broker is frozen for 20 seconds',
    moment: ENDED,
    inject: async (world) => {
      await world.stack.kafka.freeze();
      await pause(FROZEN_MS);
      await world.stack.kafka.thaw();
      await untilWhole(world.platform);
    },
  },
  { name: 'Redis is flushed', moment: ACCEPTED, inject: ({ stack }) => flushRedis(stack.redis.url) },
  { name: 'Redis is killed and started again', moment: ACCEPTED, inject: (world) => killPart(world, 'redis') },
  { name: 'PostgreSQL is killed and started again', moment: ENDED, inject: (world) => killPart(world, 'postgres') },
  { name: 'PostgreSQL takes no writes for 5 seconds', moment: ENDED, inject: readOnly },
  {
    name: 'the gateways are killed after the partner received a CDR and before it answered',
    moment: CREATED,
    onlyThen: true,
    prepare: ({ simulator }) => void simulator.misbehaviours.add({ kind: 'slow', route: 'cdrs', ...answerLate }),
    inject: (world, heard) => killWhileUnanswered(world, 'cdrs', heard),
  },
  {
    name: 'the gateways are killed after the partner received a CommandResult and before it answered',
    moment: ACCEPTED,
    onlyThen: true,
    prepare: ({ simulator }) => void simulator.misbehaviours.add({ kind: 'slow', route: 'callbacks', ...answerLate }),
    inject: (world, heard) => killWhileUnanswered(world, 'callbacks', heard),
  },
  {
    name: 'the gateways are killed after they claimed a CDR and before the partner took it',
    moment: CREATED,
    onlyThen: true,
    prepare: ({ simulator }) => void simulator.misbehaviours.add({ kind: 'hang', route: 'cdrs', method: 'POST' }),
    inject: (world, heard) => killWhileUnanswered(world, 'cdrs', heard),
  },
  { name: 'one of two gateways is killed', moment: ENDED, inject: (world) => killReplicas(world, ['gateway-2']) },
  {
    name: 'one of two commands services is killed',
    moment: ACCEPTED,
    inject: (world) => killReplicas(world, ['commands']),
  },
  {
    name: 'sessions, cdrs and payments are killed',
    moment: ENDED,
    inject: (world) => killReplicas(world, ['sessions', 'cdrs', 'payments']),
  },
  { name: 'events that nobody can read lie on topics', moment: ENDED, inject: poison },
];

async function killPart(world: FaultWorld, name: 'kafka' | 'redis' | 'postgres'): Promise<void> {
  await world.stack[name].kill();
  await pause(AWAY_MS);
  await world.stack[name].start();
  await untilWhole(world.platform);
}

async function killReplicas({ platform }: FaultWorld, names: readonly string[]): Promise<void> {
  await killUntilRestarted(platform, names);
  await untilWhole(platform);
}

async function killWhileUnanswered(
  world: FaultWorld,
  route: Extract<Route, 'cdrs' | 'callbacks'>,
  heard: number,
): Promise<void> {
  const path = route === 'cdrs' ? /\/cdrs\/?$/ : /\/commands\/callback\//;
  const { log } = world.simulator.ptp;
  await waitUntil(
    () =>
      log.requests
        .slice(heard)
        .some((each) => each.method === 'POST' && path.test(each.path) && each.httpStatus === null),
    { describe: `a POST to ${route} to be unanswered` },
  );
  await killReplicas(world, GATEWAYS);
}

/** @throws Error when Redis says anything but OK. */
async function flushRedis(address: string): Promise<void> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    socket.write('FLUSHALL\r\n');
    const [answer] = await once(socket, 'data');
    if (!String(answer).startsWith('+OK')) throw new Error(`FLUSHALL was answered ${answer}`);
  } finally {
    socket.destroy();
  }
}

async function readOnly(world: FaultWorld): Promise<void> {
  // A session that may write whatever the server says of others.
  const url = new URL(world.stack.postgres.url);
  url.searchParams.set('options', '-c default_transaction_read_only=off');
  const reload = async (statement: string) => {
    await queryDatabase(url.href, statement);
    await queryDatabase(url.href, 'select pg_reload_conf()');
  };
  await reload('alter system set default_transaction_read_only = on');
  try {
    await pause(READ_ONLY_MS);
  } finally {
    await reload('alter system reset default_transaction_read_only');
  }
  await untilWhole(world.platform);
}

/** A topic of either kind, and all who read it: state is set aside, money parks its key until somebody decides. */
const POISONED = [
  { topic: 'voltap.session.changed.v1', services: ['gateway', 'commands', 'payments'] },
  { topic: 'voltap.session.ended.v1', services: ['cdrs'] },
];

/** Resolves when each reader set the poison aside and an operator discarded it. */
async function poison({ platform, simulator }: FaultWorld): Promise<void> {
  if (platform.stores === null) throw new Error('where the topics are is not known');
  const key = `poison-${randomUUID()}`;
  const bus = await busOf(platform.stores);
  try {
    await bus.publish(POISONED.map(({ topic }) => ({ topic, key, headers: {}, value: '{"no event' })));
  } finally {
    await bus.close();
  }
  for (const { topic, services } of POISONED) {
    for (const service of services) {
      const path = `/services/${service}/set-aside-events`;
      const event = await waitUntil(
        async () => (await listed(simulator, path)).find((each) => each.topic === topic && each.key === key),
        { describe: `${service} to set aside what lies on ${topic}` },
      );
      await simulator.operator.post(`${path}/${event.id}/discard`, { reason: 'Nobody can read it.' });
    }
  }
}
