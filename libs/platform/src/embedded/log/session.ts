import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Notification, QueryResultRow } from 'pg';
import type { FailureReport } from './connections.js';

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;

export interface SessionEvents {
  /** A new connection stands; sets it up with `ask`. Whatever the earlier one held is gone. */
  opened(): Promise<void>;
  lost(): void;
  notified(channel: string, payload: string): void;
}

/** One connection that is kept up, whose locks and membership end with it. */
export class Session {
  private client: Client | undefined;
  private asking: Promise<unknown> = Promise.resolve();
  private connecting: Promise<void> | undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly open: () => Client,
    private readonly events: SessionEvents,
    private readonly report: FailureReport,
  ) {}

  /** Changes with every connection; undefined while there is none. */
  get current(): object | undefined {
    return this.client;
  }

  connect(): Promise<void> {
    this.connecting ??= this.keepConnecting().finally(() => {
      this.connecting = undefined;
    });
    return this.connecting;
  }

  /** One statement after the other. A failure ends the connection, so that nothing half-known is held. */
  ask<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = this.client;
    if (client === undefined) return Promise.reject(new Error('The session of the bus is not connected.'));
    const answer = this.asking.then(async () => {
      try {
        return (await client.query<Row>(text, [...values])).rows;
      } catch (error) {
        this.drop(client);
        throw error;
      }
    });
    this.asking = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.asking;
    await this.connecting;
    const client = this.client;
    this.client = undefined;
    await client?.end().catch((error) => this.report('The session of the bus did not end cleanly', error));
  }

  private async keepConnecting(): Promise<void> {
    for (let wait = FIRST_RETRY_MS; !this.closing.signal.aborted; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      const client = this.open();
      client.on('error', (error) => {
        this.report('The session of the bus broke', error);
        this.drop(client);
      });
      client.on('end', () => this.drop(client));
      client.on('notification', ({ channel, payload }: Notification) => this.events.notified(channel, payload ?? ''));
      try {
        await client.connect();
        this.client = client;
        await this.events.opened();
        return;
      } catch (error) {
        this.drop(client);
        this.report('The session of the bus cannot be opened yet', error);
        await delay(wait, undefined, { signal: this.closing.signal }).catch(() => undefined);
      }
    }
  }

  private drop(client: Client): void {
    void client.end().catch(() => undefined);
    if (this.client !== client) return;
    this.client = undefined;
    this.asking = Promise.resolve();
    this.events.lost();
    if (!this.closing.signal.aborted) void this.connect();
  }
}
