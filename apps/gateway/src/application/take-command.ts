import { Inject, Injectable } from '@nestjs/common';
import { CORRELATION_URL_PREFIX } from '@voltap/contracts/events';
import { Clock, Ids } from '@voltap/kernel';
import { nestsTooDeep } from '@voltap/ocpi/transport';
import { CorrelationStore } from '@voltap/platform/correlation';
import { LOGGER, type Logger, noteCharge } from '@voltap/platform/telemetry';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { CallbackRepository } from '../store/callbacks.js';

const HOUR_MS = 60 * 60 * 1000;
const REFERENCE_LENGTH = 36;
/** The commands service takes none that is longer. */
const MOST_RESERVED_HOURS = 720;

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
    private readonly clock: Clock,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** `type` as in the path; `text` the body as it came. */
  async execute(partnerId: string, type: string, text: string): Promise<TakenCommand> {
    const command = parseObject(text);
    const responseUrl = command?.response_url;
    if (command === null || typeof responseUrl !== 'string') return { body: text, correlationId: null };
    if (!this.mayBeCalled(responseUrl)) {
      // Nothing that the commands service accepts: it answers 2001 and names the field.
      return { body: JSON.stringify({ ...command, response_url: null }), correlationId: null };
    }
    noteCharge(referenceIn(command));
    const correlationId = this.ids.next<string>();
    const keepHours = this.config.VOLTAP_GATEWAY_CALLBACK_HOURS + hoursOfReservation(command, this.clock.now());
    await this.callbacks.open(correlationId, {
      partnerId,
      responseUrl,
      command: type.slice(0, REFERENCE_LENGTH),
      authorizationReference: referenceIn(command),
      keepHours,
    });
    try {
      await this.correlation.open(correlationId, responseUrl, keepHours * HOUR_MS);
    } catch (error) {
      this.logger.warn({ error, correlationId }, 'the correlation store is away; the durable copy will do');
    }
    const body = JSON.stringify({ ...command, response_url: `${CORRELATION_URL_PREFIX}${correlationId}` });
    return { body, correlationId };
  }

  /** Nothing was promised, so nothing is owed. Never fails: what stays behind is pruned by age. */
  async forget(correlationId: string): Promise<void> {
    const removed = await Promise.allSettled([
      this.callbacks.remove(correlationId),
      this.correlation.remove(correlationId),
    ]);
    for (const outcome of removed) {
      if (outcome.status === 'fulfilled') continue;
      this.logger.warn({ error: outcome.reason, correlationId }, 'a callback that nobody waits for is left to expire');
    }
  }

  private mayBeCalled(responseUrl: string): boolean {
    const url = URL.parse(responseUrl);
    if (url === null || responseUrl.length > 2048) return false;
    return url.protocol === 'https:' || (url.protocol === 'http:' && this.config.VOLTAP_EGRESS_ALLOW_INSECURE);
  }
}

function referenceIn({ authorization_reference: reference }: Record<string, unknown>): string | null {
  return typeof reference === 'string' && reference.length <= REFERENCE_LENGTH ? reference : null;
}

/** A reservation may be cancelled until it is over, and its partner is told then. */
function hoursOfReservation({ expiry_date }: Record<string, unknown>, now: Date): number {
  const end = typeof expiry_date === 'string' ? Date.parse(expiry_date) : Number.NaN;
  const hours = Math.ceil((end - now.getTime()) / HOUR_MS);
  return Number.isNaN(hours) ? 0 : Math.min(Math.max(hours, 0), MOST_RESERVED_HOURS);
}

function parseObject(text: string): Record<string, unknown> | null {
  if (nestsTooDeep(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
