import { Inject, Injectable } from '@nestjs/common';
import { commandAccepted, commandCompleted } from '@voltap/contracts/events';
import { event, Ids } from '@voltap/kernel';
import type { CommandResponse } from '@voltap/ocpi/model';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { type CommandsConfig, commandsConfig } from '../commands.config.js';
import { type Command, type CommandKind, mayBeTriedAgain } from '../domain/command.js';
import { CommandRepository } from '../store/command-repository.js';
import { idTagOf } from './id-tag.js';
import { PendingCommands } from './pending-commands.js';

/** What a command is asked for, before it has an id and a deadline. */
export type Request = Pick<
  Command,
  | 'kind'
  | 'partnerId'
  | 'country_code'
  | 'party_id'
  | 'subject'
  | 'authorization_reference'
  | 'token'
  | 'location_id'
  | 'evse_uid'
  | 'connector_id'
  | 'session_id'
  | 'tariff'
> & {
  /** The id tag of the charge when it has one already. */
  readonly idTag: string | null;
  /** Correlation id of the response URL; null when nobody waits for the outcome. */
  readonly correlationId: string | null;
};

/**
 * Promises a command in one transaction: row, deadline, callback, event. The same request again, while the first runs
 * or after it succeeded, is the same command: the same answer, and its response URL gets the outcome too (CMD-30).
 */
@Injectable()
export class PromiseCommand {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly commands: CommandRepository,
    private readonly pending: PendingCommands,
    private readonly ids: Ids,
    @Inject(commandsConfig.token) private readonly config: CommandsConfig,
  ) {}

  execute(request: Request): Promise<CommandResponse> {
    return this.database.transaction((transaction) => this.within(transaction, request));
  }

  async within(transaction: Transaction, request: Request): Promise<CommandResponse> {
    await this.commands.lockSubject(transaction, request.partnerId, request.kind, request.subject);
    const earlier = await this.commands.latestOf(transaction, request.partnerId, request.kind, request.subject);
    if (earlier !== null && !mayBeTriedAgain(earlier)) {
      await this.join(transaction, earlier, request.correlationId);
      return { result: 'ACCEPTED', timeout: earlier.timeoutSeconds };
    }
    const command = this.newCommand(request, await this.commands.now(transaction));
    await this.commands.insert(transaction, command, request.correlationId);
    await this.outbox.add(transaction, event(commandAccepted, acceptedContent(command)));
    this.database.afterCommit(transaction, this.pending.wake);
    return { result: 'ACCEPTED', timeout: command.timeoutSeconds };
  }

  private async join(transaction: Transaction, command: Command, correlationId: string | null): Promise<void> {
    if (correlationId === null) return;
    await this.commands.addCallback(transaction, command.id, correlationId);
    if (command.outcome === null) return;
    const next = { ...command, revision: command.revision + 1 };
    await this.commands.update(transaction, next);
    await this.outbox.add(
      transaction,
      event(commandCompleted, completedContent(next, command.outcome, [correlationId])),
    );
  }

  private newCommand(request: Request, acceptedAt: Date): Command {
    const { correlationId: _, idTag, ...rest } = request;
    const id = this.ids.next();
    const timeoutSeconds = this.timeoutOf(request.kind);
    const answerSeconds = Math.max(1, timeoutSeconds - this.config.VOLTAP_COMMANDS_DELIVERY_MARGIN_SECONDS);
    return {
      ...rest,
      id,
      idTag: idTag ?? idTagOf(id),
      acceptedAt,
      deadline: new Date(acceptedAt.getTime() + answerSeconds * 1000),
      timeoutSeconds,
      revision: 1,
      outcome: null,
      lateAnswer: null,
    };
  }

  private timeoutOf(kind: CommandKind): number {
    return kind === 'START_SESSION'
      ? this.config.VOLTAP_COMMANDS_START_TIMEOUT_SECONDS
      : this.config.VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS;
  }
}

function acceptedContent(command: Command) {
  return {
    key: command.id,
    revision: command.revision,
    payload: {
      commandId: command.id,
      type: command.kind,
      partnerId: command.partnerId,
      country_code: command.country_code,
      party_id: command.party_id,
      idTag: command.idTag,
      authorization_reference: command.authorization_reference,
      token: command.token,
      location_id: command.location_id,
      evse_uid: command.evse_uid,
      connector_id: command.connector_id,
      session_id: command.session_id,
      tariff: command.tariff,
      acceptedAt: command.acceptedAt.toISOString(),
      deadline: command.deadline.toISOString(),
    },
  };
}

/** The event of an outcome, for these response URLs. */
export function completedContent(command: Command, outcome: NonNullable<Command['outcome']>, correlationIds: string[]) {
  return {
    key: command.id,
    revision: command.revision,
    payload: {
      commandId: command.id,
      type: command.kind,
      partnerId: command.partnerId,
      country_code: command.country_code,
      party_id: command.party_id,
      authorization_reference: command.authorization_reference,
      correlationIds,
      result: outcome.result,
      decidedBy: outcome.decidedBy,
      completedAt: outcome.completedAt.toISOString(),
      deadline: new Date(command.acceptedAt.getTime() + command.timeoutSeconds * 1000).toISOString(),
    },
  };
}
