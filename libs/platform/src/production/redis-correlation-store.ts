import { VoltapError } from '@voltap/kernel';
import { Redis, type RedisOptions, type Result } from 'ioredis';
import { type ClaimOutcome, CorrelationStore } from '../correlation/correlation-store.js';
import { Waiters } from '../correlation/waiters.js';
import type { Logger } from '../telemetry/logger.js';
import { childSpan } from '../telemetry/tracing.js';

export interface RedisSettings {
  /** `redis://` or `rediss://`, with user, password and database when there are any. */
  readonly url: string;
  /** PEM text of the authority that signed the server's certificate. */
  readonly ca?: string;
  /** Before every key. */
  readonly prefix: string;
  /** What an answer may take; default 150 ms. */
  readonly commandTimeoutMs?: number;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    voltapClaim(
      value: string,
      claim: string,
      owner: string,
      ttlMs: number,
    ): Result<[claimed: number, text: string | null], Context>;
  }
}

/** Claim and value are read in one step: who asks again with the same owner gets the same answer. */
const CLAIM = `
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return {0, holder} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {1, redis.call('GET', KEYS[1])}`;

/** A waiting partner is worth more than this cache: what takes longer is asked of the durable copy. */
const COMMAND_TIMEOUT_MS = 150;
const REPORT_EVERY_MS = 10_000;
/** A subscription that broke misses what is published meanwhile; the value stays, and is looked for this often. */
const LOOK_EVERY_MS = 1_000;

/**
 * Redis as the short memory that all replicas share. Never waits for a server that is away: each call then fails at once,
 * and the caller goes to its durable copy; the connection comes back by itself.
 */
export class RedisCorrelationStore extends CorrelationStore {
  private readonly redis: Redis;
  /** A connection of its own, as Redis wants it for subscribers; made when somebody waits for the first time. */
  private subscriber: Redis | undefined;
  private readonly waiters = new Waiters();
  private closed = false;
  private reportedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly settings: RedisSettings,
    private readonly logger: Logger,
  ) {
    super();
    this.redis = this.connect({
      enableOfflineQueue: false,
      commandTimeout: settings.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    });
    this.redis.defineCommand('voltapClaim', { numberOfKeys: 2, lua: CLAIM });
  }

  private connect(options: RedisOptions): Redis {
    const redis = new Redis(this.settings.url, {
      maxRetriesPerRequest: 0,
      connectTimeout: 500,
      autoResendUnfulfilledCommands: false,
      keepAlive: 5000,
      retryStrategy: (attempt) => Math.min(50 * attempt, 250),
      ...(this.settings.ca === undefined ? {} : { tls: { ca: this.settings.ca } }),
      ...options,
    });
    traceCommands(redis);
    redis.on('error', (error: Error) => {
      const now = performance.now();
      if (now - this.reportedAt < REPORT_EVERY_MS) return;
      this.reportedAt = now;
      this.logger.warn({ error }, 'Redis is away; durable copies are used until it is back');
    });
    return redis;
  }

  override async open(id: string, value: string, ttlMs: number): Promise<void> {
    await orUnavailable(this.redis.set(this.keysOf(id).value, value, 'PX', ttlMs));
  }

  override async find(id: string): Promise<string | null> {
    return orUnavailable(this.redis.get(this.keysOf(id).value));
  }

  override async claim(id: string, owner: string, ttlMs: number): Promise<ClaimOutcome> {
    const { value, claim } = this.keysOf(id);
    const [claimed, text] = await orUnavailable(this.redis.voltapClaim(value, claim, owner, ttlMs));
    return claimed === 1 ? { claimed: true, value: text } : { claimed: false, holder: text ?? '' };
  }

  override async remove(id: string): Promise<void> {
    const { value, claim } = this.keysOf(id);
    await orUnavailable(this.redis.del(value, claim));
  }

  override async notify(id: string, value: string, ttlMs: number): Promise<void> {
    const { answer } = this.keysOf(id);
    await orUnavailable(this.redis.set(answer, value, 'PX', ttlMs));
    await orUnavailable(this.redis.publish(this.channel, id));
  }

  override async wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<string | null> {
    const { answer } = this.keysOf(id);
    const end = performance.now() + timeoutMs;
    if (!this.closed) await this.listen();
    for (;;) {
      if (this.closed || signal?.aborted) return null;
      // Waited for before it is looked for: what is published in between wakes.
      const left = end - performance.now();
      const woken = this.waiters.sleep(id, Math.max(0, Math.min(left, LOOK_EVERY_MS)), signal);
      const value = await orUnavailable(this.redis.get(answer)).catch((error: unknown) => {
        this.waiters.wake(id);
        if (this.closed) return null;
        throw error;
      });
      if (value !== null || left <= 0) {
        this.waiters.wake(id);
        return value;
      }
      await woken;
    }
  }

  /** Without a subscription, waiting is looking now and then. */
  private async listen(): Promise<void> {
    if (this.subscriber !== undefined) return;
    this.subscriber = this.connect({});
    this.subscriber.on('message', (_channel: string, id: string) => this.waiters.wake(id));
    await this.subscriber.subscribe(this.channel).catch((error: unknown) => {
      this.subscriber?.disconnect();
      this.subscriber = undefined;
      if (this.closed) return;
      this.logger.warn({ error }, 'answers are looked for, not heard, until Redis takes a subscription');
    });
  }

  override async close(): Promise<void> {
    this.closed = true;
    this.waiters.wakeAll();
    this.subscriber?.disconnect();
    this.redis.disconnect();
  }

  private get channel(): string {
    return `${this.settings.prefix}answers`;
  }

  /** The braces keep all keys on one node of a cluster. */
  private keysOf(id: string): { readonly value: string; readonly claim: string; readonly answer: string } {
    const tag = `${this.settings.prefix}{${id}}`;
    return { value: `${tag}:value`, claim: `${tag}:claim`, answer: `${tag}:answer` };
  }
}

async function orUnavailable<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VoltapError('unavailable', `Redis did not answer: ${reason}`, { cause });
  }
}

/** Each command as a part of the running step; its arguments stay out. */
function traceCommands(redis: Redis): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    const attributes = { 'db.system.name': 'redis', 'db.operation.name': command.name };
    return childSpan(`redis ${command.name}`, { sort: 'out', attributes }, async () => send(command, stream));
  };
}
