/** The only file that names kafkajs: its successor begins here. */
import { createRequire } from 'node:module';
import { type ConsumerConfig, Kafka, type LogEntry, logLevel, Partitioners, type SASLOptions } from 'kafkajs';
import type { Logger } from '../../telemetry/logger.js';

/** Agrees with the Java client's about the partition of a key. */
export const { DefaultPartitioner } = Partitioners;
export type { Admin, Batch, Consumer, EachBatchPayload, Kafka, KafkaMessage, Message, Producer } from 'kafkajs';

export interface KafkaSettings {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** PEM texts; undefined: no TLS. An empty object trusts the authorities that Node trusts. */
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** Before the name of every topic and group. */
  readonly prefix: string;
  /** Replicas of new topics; -1 leaves it to the broker. */
  readonly replication: number;
  /** How long a dead consumer keeps its partitions. Not below the broker's `group.min.session.timeout.ms`. */
  readonly sessionTimeoutMs: number;
}

/** A fetch waits this long for records; closing and resuming wait for the fetch in flight. */
const FETCH_WAIT_MS = 250;
export const HEARTBEAT_MS = 500;
/** Being away is only a pause for a consumer: it keeps its place in the group and tries again for ever. */
export const PATIENT = { initialRetryTime: 100, maxRetryTime: 1000, retries: 1e9 };
/** A send must fail before it is repeated elsewhere: its caller holds a lock meanwhile, and asks again. */
export const BRISK = { initialRetryTime: 100, maxRetryTime: 1000, retries: 6 };

/** Clients of one cluster. Connects at first use. */
export function openKafka(settings: KafkaSettings, logger: Logger): Kafka {
  repairRequestQueue();
  const { tls, sasl } = settings;
  return new Kafka({
    clientId: 'voltap',
    brokers: [...settings.brokers],
    connectionTimeout: 1000,
    authenticationTimeout: 5000,
    requestTimeout: 5000,
    retry: BRISK,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => say(logger, entry),
    ...(tls === undefined ? {} : { ssl: { ca: tls.ca, cert: tls.certificate, key: tls.key } }),
    ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
  });
}

export function consumerSettings(settings: KafkaSettings, groupId: string): ConsumerConfig {
  return {
    groupId,
    sessionTimeout: settings.sessionTimeoutMs,
    rebalanceTimeout: Math.max(30_000, settings.sessionTimeoutMs),
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    allowAutoTopicCreation: false,
    retry: PATIENT,
  };
}

/** Part of an ordinary life: members come and go, replicas make the same topic, a group's coordinator loads. */
const ORDINARY = /rebalancing|already exists|coordinator is (loading|not available|not aware)/i;

function say(logger: Logger, { level, log }: LogEntry): void {
  const { message, logger: _logger, timestamp: _timestamp, ...details } = log;
  // What kafkajs calls an error is often a retry; what fails for good is thrown, and said there.
  const ordinary = ORDINARY.test(message) || ORDINARY.test(String(details.error ?? ''));
  if (level <= logLevel.WARN && !ordinary) logger.warn(details, `kafka: ${message}`);
  else logger.debug(details, `kafka: ${message}`);
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const CHECK_PENDING_MS = 10;

/**
 * The library's queue re-arms a timer of `-1 - now` milliseconds for ever, which Node takes for 1: 5 % of a core for each
 * idle connection, and a warning at start. This one waits only while something is pending.
 */
function repairRequestQueue(): void {
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue) {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    const throttled = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttled > 0 ? throttled : CHECK_PENDING_MS,
    );
  };
}
