import { Inject, Injectable } from '@nestjs/common';
import { CorrelationStore } from '@voltap/platform/correlation';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { CallbackRepository, callbackId } from '../store/callbacks.js';
import type { Delivery } from '../store/delivery-rows.js';

/** Where the result of a command goes, and whether this delivery is the one that may say it. */
@Injectable()
export class FindResponseUrl {
  constructor(
    private readonly callbacks: CallbackRepository,
    private readonly correlation: CorrelationStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The claim in the database decides who sends; the URL comes from the store, or from the durable copy when it is lost. */
  async execute(correlationId: string, { id: owner, revision }: Delivery): Promise<string | null> {
    const id = callbackId(correlationId);
    if (!(await this.callbacks.claim(id, owner, revision))) return null;
    const fast = await this.correlation.find(id).catch((error: unknown) => {
      this.logger.warn({ error, correlationId }, 'the correlation store is away; the durable copy will do');
      return null;
    });
    return fast ?? (await this.callbacks.find(id))?.responseUrl ?? null;
  }
}
