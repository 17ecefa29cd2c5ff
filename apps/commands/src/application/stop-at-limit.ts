import { Inject, Injectable } from '@nestjs/common';
import type { SessionChanged } from '@voltap/contracts/events';
import type { Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { CommandRepository } from '../store/command-repository.js';
import { PromiseCommand } from './promise-command.js';

/**
 * A charge that has used up what was reserved on the card is stopped: the same command as a stop of its partner, of
 * whose outcome nobody has to be told. One that failed is tried again with the next report.
 */
@Injectable()
export class StopAtLimit {
  constructor(
    private readonly commands: CommandRepository,
    private readonly promiseCommand: PromiseCommand,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async execute(
    transaction: Transaction,
    { limitReached, partnerId, commandId, session }: SessionChanged,
  ): Promise<void> {
    if (limitReached !== true || partnerId === null || session.status !== 'ACTIVE') return;
    const start = commandId === null ? null : await this.commands.find(commandId);
    await this.promiseCommand.within(transaction, {
      kind: 'STOP_SESSION',
      partnerId,
      country_code: session.country_code,
      party_id: session.party_id,
      subject: session.id.toUpperCase(),
      authorization_reference: session.authorization_reference ?? null,
      token: null,
      location_id: session.location_id,
      evse_uid: session.evse_uid,
      connector_id: null,
      session_id: session.id,
      tariff: null,
      idTag: start?.idTag ?? null,
      correlationId: null,
    });
    this.logger.info({ sessionId: session.id, partnerId }, 'a charge has used up its amount and is stopped');
  }
}
