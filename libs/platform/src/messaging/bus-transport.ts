import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import type { AnyEventDefinition } from '@voltap/kernel';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import { ConsumerLag } from './consumer-lag.js';
import type { EventBus, Subscription } from './event-bus.js';
import type { HandlesExtras } from './handles.js';
import type { Inbox } from './inbox.js';
import { topicOf } from './topic-settings.js';
import { untilAvailable } from './until-available.js';

/**
 * The strategy by which Nest consumers hear the bus. One group per service; retry, dedupe and parking are the inbox's.
 * It never acknowledges what a handler threw.
 */
export class BusTransport extends Server implements CustomTransportStrategy {
  private subscription: Subscription | undefined;
  private lag: ConsumerLag | undefined;

  constructor(
    private readonly bus: EventBus,
    private readonly inbox: Inbox,
    private readonly group: string,
    private readonly concurrency: number,
    private readonly metrics: Metrics,
    private readonly log: Logger,
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.subscribe().then(() => callback(), callback);
  }

  private async subscribe(): Promise<void> {
    const definitions: AnyEventDefinition[] = [];
    for (const [topic, handler] of this.messageHandlers) {
      const definition = definitionOf(handler, topic);
      definitions.push(definition);
      this.inbox.register({
        definition,
        handle: async (message, consumption) => {
          const result: unknown = await handler(message, consumption);
          if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
        },
      });
    }
    if (definitions.length === 0) return;
    // Whoever comes first makes a topic: a service starts while its producers are down.
    await untilAvailable(() => this.bus.ensureTopics(definitions.map(topicOf)));
    this.subscription = await untilAvailable(() =>
      this.bus.subscribe({
        group: this.group,
        topics: definitions.map(({ topic }) => topic),
        concurrency: this.concurrency,
        handleBatch: this.inbox.handleBatch,
      }),
    );
    const topics = definitions.map(({ topic }) => topic);
    const lag = new ConsumerLag(this.bus, this.group, topics, this.log);
    this.lag = lag;
    this.metrics.observe(['voltap.consumer.lag'], () => lag.observe());
  }

  /** Ends after the transactions in hand; what is not settled comes again to whoever takes the partitions. */
  async close(): Promise<void> {
    this.lag?.close();
    this.inbox.stop();
    await this.subscription?.close();
  }

  on(): void {
    throw new Error('the bus transport has no events of its own');
  }

  unwrap<Native>(): Native {
    return this.bus as unknown as Native;
  }
}

function definitionOf(handler: MessageHandler, topic: string): AnyEventDefinition {
  const extras = handler.extras as HandlesExtras | undefined;
  const definition = extras?.definitions.find((candidate) => candidate.topic === topic);
  if (definition === undefined) throw new Error(`the consumer of ${topic} is not declared with @Handles`);
  return definition;
}
