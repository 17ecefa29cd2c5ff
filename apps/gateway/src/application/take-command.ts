import { Inject, Injectable } from '@nestjs/common';
import { Ids } from '@voltap/kernel';
import { CorrelationStore } from '@voltap/platform/correlation';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { CallbackRepository } from '../store/callbacks.js';

/** What takes the place of a `response_url` behind the gateway: it names where the URL is kept. */
export const CORRELATION_PREFIX = 'voltap:correlation:';

/** How long a result may take to come; far past every deadline. The durable copy outlives it. */
const CORRELATION_TTL_MS = 24 * 60 * 60 * 1000;

export interface TakenCommand {
  /** The body to forward. */
  readonly body: string;
  /** Set when a response URL was kept. */
  readonly correlationId: string | null;
}

/**
 * A command's `response_url` never leaves the gateway: it is kept, durably, before the command goes on, and a
 * correlation id takes its place. What has no usable URL goes on as it is, for the commands service to refuse.
 */
@Injectable()
export class TakeCommand {
  constructor(
    private readonly callbacks: CallbackRepository,
    private readonly correlation: CorrelationStore,
    private readonly ids: Ids,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async execute(partnerId: string, text: string): Promise<TakenCommand> {
    const command = parseObject(text);
    const responseUrl = command?.response_url;
    if (command === null || typeof responseUrl !== 'string') return { body: text, correlationId: null };
    if (!this.mayBeCalled(responseUrl)) {
      // Nothing that the commands service accepts: it answers 2001 and names the field.
      return { body: JSON.stringify({ ...command, response_url: null }), correlationId: null };
    }
    const correlationId = this.ids.next<string>();
    await this.callbacks.open(correlationId, { partnerId, responseUrl });
    try {
      await this.correlation.open(correlationId, responseUrl, CORRELATION_TTL_MS);
    } catch (error) {
      this.logger.warn({ error, correlationId }, 'the correlation store is away; the durable copy will do');
    }
    const body = JSON.stringify({ ...command, response_url: `${CORRELATION_PREFIX}${correlationId}` });
    return { body, correlationId };
  }

  /** Nothing was promised, so nothing is owed. */
  async forget(correlationId: string): Promise<void> {
    await this.callbacks.remove(correlationId);
    try {
      await this.correlation.remove(correlationId);
    } catch (error) {
      this.logger.warn({ error, correlationId }, 'the correlation store is away; its entry will expire');
    }
  }

  private mayBeCalled(responseUrl: string): boolean {
    const url = URL.parse(responseUrl);
    if (url === null || responseUrl.length > 2048) return false;
    return url.protocol === 'https:' || (url.protocol === 'http:' && this.config.VOLTAP_EGRESS_ALLOW_INSECURE);
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
