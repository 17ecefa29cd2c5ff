import { Inject, Injectable } from '@nestjs/common';
import { backEndCommanded, commandAccepted, commandCompleted } from '@voltap/contracts/events';
import { event, Ids, objectKey } from '@voltap/kernel';
import type { CommandResponse } from '@voltap/ocpi/model';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { type CommandsConfig, commandsConfig } from '../commands.config.js';
import type { Command, CommandKind, CommandOutcome } from '../domain/command.js';
import { type MessageKey, message } from '../domain/messages.js';
import { type EarlierStart, type Repetition, repetitionOf } from '../domain/repetition.js';
import { CommandRepository } from '../store/command-repository.js';
import { Projections } from '../store/projections.js';
import { SiteTimeouts } from '../store/site-timeouts.js';
import { forBackEnd } from './command-records.js';
import { idTagOf } from './id-tag.js';
import { PendingCommands } from './pending-commands.js';

/** What a command is asked for, before it has an id and a deadline. */
export type Request = Pick<
  Command,
  | 'kind'
  | 'origin'
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
  | 'reservation'
  | 'expiry'
> & {
  /** The id tag of the charge when it has one already. */
  readonly idTag: string | null;
  /** Correlation id of the response URL; null when no partner waits. */
  readonly correlationId: string | null;
  /** A command that succeeded and whose effect stands: the same again is that command. */
  readonly standing?: string | null;
  /** Its outcome is known already: the back-end does not get it. */
  readonly known?: boolean;
};

export type Promised = { readonly command: Command } | { readonly refused: MessageKey };

/**
 * Promises a command in one transaction: row, deadline, callback, event. The same start again, while the first runs or
 * after it succeeded, is the same command: the same answer, and its response URL gets the outcome too (CMD-30). Any other
 * command is the same while it is open; once it has an outcome, the same again is a new one, unless its effect stands.
 */
@Injectable()
export class PromiseCommand {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly commands: CommandRepository,
    private readonly projections: Projections,
    private readonly pending: PendingCommands,
    private readonly timeouts: SiteTimeouts,
    private readonly ids: Ids,
    @Inject(commandsConfig.token) private readonly config: CommandsConfig,
  ) {}

  async execute(request: Request): Promise<CommandResponse> {
    const promised = await this.database.transaction((transaction) => this.within(transaction, request));
    if ('refused' in promised) return { result: 'REJECTED', timeout: 0, message: message(promised.refused) };
    return { result: 'ACCEPTED', timeout: promised.command.timeoutSeconds };
  }

  async within(transaction: Transaction, request: Request): Promise<Promised> {
    const now = await this.commands.now(transaction);
    // First of all: an end that comes now either finds this stop and answers it, or is seen here.
    const { session_id } = request;
    if (session_id !== null && (await this.projections.hasEnded(transaction, request, session_id))) {
      return { refused: 'alreadyEnded' };
    }
    const repetition = await this.repetition(transaction, request, now);
    if (repetition.kind === 'refused') return { refused: repetition.reason };
    if (repetition.kind === 'same') {
      await this.join(transaction, repetition.command, request.correlationId, now);
      return { command: repetition.command };
    }
    const command = this.newCommand(request, now, await this.timeoutOf(transaction, request));
    await this.commands.insert(transaction, command, request.correlationId);
    await this.outbox.add(transaction, event(commandAccepted, acceptedContent(command)));
    if (this.config.VOLTAP_COMMANDS_TOPICS && request.known !== true) await this.handOut(transaction, command);
    this.database.afterCommit(transaction, this.pending.wake);
    return { command };
  }

  private async repetition(transaction: Transaction, request: Request, now: Date): Promise<Repetition> {
    const { partnerId, kind, subject, authorization_reference: reference } = request;
    if (kind !== 'START_SESSION' || reference === null) {
      await this.commands.lockSubject(transaction, partnerId, kind, subject);
      const command = await this.commands.latestOf(transaction, partnerId, kind, subject);
      if (command === null) return { kind: 'new' };
      return command.outcome === null || command.id === request.standing ? { kind: 'same', command } : { kind: 'new' };
    }
    await this.commands.lockSubject(transaction, partnerId, kind, reference.toUpperCase());
    const earlier: EarlierStart[] = [];
    for (const command of await this.commands.startsOf(transaction, partnerId, reference)) {
      earlier.push({ command, sessions: await this.projections.sessionsOf(transaction, command.id) });
    }
    return repetitionOf(subject, earlier, now, this.config.VOLTAP_COMMANDS_UNCERTAIN_SECONDS * 1000);
  }

  /** To a back-end that takes commands from the log. */
  private async handOut(transaction: Transaction, command: Command): Promise<void> {
    await this.commands.handOutWithin(transaction, command.id, this.config.VOLTAP_COMMANDS_HAND_OUT_SECONDS * 1000);
    const { revision, location_id } = command;
    const content = { key: objectKey(command, location_id), revision, payload: forBackEnd(command) };
    await this.outbox.add(transaction, event(backEndCommanded, content));
  }

  private async join(
    transaction: Transaction,
    command: Command,
    correlationId: string | null,
    now: Date,
  ): Promise<void> {
    if (correlationId === null) return;
    await this.commands.addCallback(transaction, command.id, correlationId);
    if (command.outcome === null) return;
    const next = { ...command, revision: command.revision + 1 };
    await this.commands.update(transaction, next);
    // Who asks again waits from now on.
    const content = completedContent(next, command.outcome, [correlationId], now);
    await this.outbox.add(transaction, event(commandCompleted, content));
  }

  private newCommand(request: Request, acceptedAt: Date, timeoutSeconds: number): Command {
    const { correlationId: _, standing: __, known: ___, idTag, ...rest } = request;
    const id = this.ids.next();
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
      handedOut: false,
      orphan: null,
      awaited: false,
    };
  }

  /** What is honest at this site. */
  private async timeoutOf(transaction: Transaction, { kind, location_id, ...party }: Request): Promise<number> {
    return (await this.timeouts.secondsFor(transaction, party, location_id, kind)) ?? this.config[TIMEOUTS[kind]];
  }
}

const TIMEOUTS = {
  START_SESSION: 'VOLTAP_COMMANDS_START_TIMEOUT_SECONDS',
  STOP_SESSION: 'VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS',
  RESERVE_NOW: 'VOLTAP_COMMANDS_RESERVE_TIMEOUT_SECONDS',
  CANCEL_RESERVATION: 'VOLTAP_COMMANDS_RESERVE_TIMEOUT_SECONDS',
  UNLOCK_CONNECTOR: 'VOLTAP_COMMANDS_UNLOCK_TIMEOUT_SECONDS',
} as const satisfies Record<CommandKind, keyof CommandsConfig>;

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
      ...(command.expiry !== null && { expiry: command.expiry.toISOString() }),
      acceptedAt: command.acceptedAt.toISOString(),
      deadline: command.deadline.toISOString(),
    },
  };
}

/** The event of an outcome, for these response URLs; `askedAt`: since when they wait. */
export function completedContent(
  command: Command,
  outcome: CommandOutcome,
  correlationIds: string[],
  askedAt: Date = command.acceptedAt,
) {
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
      ...(outcome.orphans === null ? {} : { orphans: outcome.orphans }),
      completedAt: outcome.completedAt.toISOString(),
      deadline: new Date(askedAt.getTime() + command.timeoutSeconds * 1000).toISOString(),
    },
  };
}
