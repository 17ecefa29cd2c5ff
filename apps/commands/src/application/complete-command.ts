import { Inject, Injectable } from '@nestjs/common';
import { commandCompleted } from '@voltap/contracts/events';
import { event, VoltapError } from '@voltap/kernel';
import type { CommandResult } from '@voltap/ocpi/model';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger, Metrics } from '@voltap/platform/telemetry';
import { type CommandsConfig, commandsConfig } from '../commands.config.js';
import type { Command, CommandOutcome, Decider } from '../domain/command.js';
import { explained, type MessageKey, message } from '../domain/messages.js';
import { CommandRepository } from '../store/command-repository.js';
import { ReservationRepository } from '../store/reservation-repository.js';
import { AwaitedOutcomes } from './awaited-outcomes.js';
import { CancelReservation } from './cancel-reservation.js';
import { completedContent } from './promise-command.js';
import { SettleReservation } from './settle-reservation.js';

/** ACCEPTED → COMPLETED, once: the back-end's answer and the deadline exclude each other under the row's lock. */
@Injectable()
export class CompleteCommand {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly commands: CommandRepository,
    private readonly reservations: ReservationRepository,
    private readonly settleReservation: SettleReservation,
    private readonly awaitedOutcomes: AwaitedOutcomes,
    private readonly cancelReservation: CancelReservation,
    private readonly metrics: Metrics,
    @Inject(commandsConfig.token) private readonly config: CommandsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The back-end's answer. The same answer again is fine.
   * @throws VoltapError not_found; conflict when another outcome stands already, the answer is recorded then.
   */
  async answer(commandId: string, result: CommandResult): Promise<Command> {
    const { command, contradiction } = await this.database.transaction((transaction) =>
      this.answerWithin(transaction, commandId, result),
    );
    if (!contradiction) return command;
    const told = command.outcome?.result.result;
    throw new VoltapError(
      'conflict',
      `The partner was already told ${told}; your answer ${result.result} was recorded.`,
    );
  }

  /** An answer that nobody waits to hear the fate of. @throws VoltapError not_found. */
  async answerWithin(
    transaction: Transaction,
    commandId: string,
    result: CommandResult,
  ): Promise<{ readonly command: Command; readonly contradiction: boolean }> {
    const current = await this.commands.lock(transaction, commandId);
    if (current === null) throw new VoltapError('not_found', `There is no command ${commandId}.`);
    if (current.outcome === null) {
      return { command: await this.complete(transaction, current, result, 'BACK_END'), contradiction: false };
    }
    if (await this.cancels(transaction, current, result)) return { command: current, contradiction: false };
    const agrees = current.outcome.decidedBy !== 'DEADLINE' && current.outcome.result.result === result.result;
    if (agrees) return { command: current, contradiction: false };
    const noted = { ...current, revision: current.revision + 1, lateAnswer: result };
    await this.commands.update(transaction, noted);
    if (current.kind === 'RESERVE_NOW' && result.result === 'ACCEPTED') {
      await this.releaseUnwanted(transaction, current);
    }
    this.logger.warn(
      { commandId, told: current.outcome.result.result, answered: result.result },
      'an answer came after the outcome',
    );
    return { command: noted, contradiction: true };
  }

  /** @returns whether this call decided it. */
  async timeOut(commandId: string): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const command = await this.commands.lock(transaction, commandId);
      if (command === null || command.outcome !== null) return false;
      if (command.deadline > (await this.commands.now(transaction))) return false;
      await this.complete(transaction, command, { result: 'TIMEOUT' }, 'DEADLINE');
      return true;
    });
  }

  /** The outcome of a command that is locked and has none. */
  async complete(
    transaction: Transaction,
    command: Command,
    result: CommandResult,
    decidedBy: Decider,
  ): Promise<Command> {
    const completedAt = await this.commands.now(transaction);
    const outcome = { ...this.toldOf(command, result, decidedBy), decidedBy, completedAt };
    const completed = { ...command, revision: command.revision + 1, outcome };
    await this.commands.update(transaction, completed);
    const unwanted = await this.settleReservation.execute(transaction, completed, result);
    if (unwanted !== null) await this.cancelReservation.release(transaction, unwanted, 'PLATFORM');
    if (command.awaited) this.database.afterCommit(transaction, () => this.awaitedOutcomes.tell(command.id));
    this.database.afterCommit(transaction, () => this.measure(completed, outcome));
    const correlationIds = await this.commands.callbacks(transaction, command.id);
    await this.outbox.add(transaction, event(commandCompleted, completedContent(completed, outcome, correlationIds)));
    return completed;
  }

  private measure({ kind, acceptedAt }: Command, { result, decidedBy, completedAt }: CommandOutcome): void {
    const type = { 'voltap.command.type': kind };
    const outcome = { ...type, 'voltap.result': result.result, 'voltap.decided_by': decidedBy };
    this.metrics.count('voltap.commands.outcomes', outcome);
    const seconds = (completedAt.getTime() - acceptedAt.getTime()) / 1000;
    this.metrics.record('voltap.commands.time_to_result', seconds, type);
  }

  /** The charge point gave up a reservation that it had accepted: a second, later result of that command (CMD-25). */
  private async cancels(transaction: Transaction, command: Command, { result }: CommandResult): Promise<boolean> {
    if (command.kind !== 'RESERVE_NOW' || result !== 'CANCELED_RESERVATION' || command.reservation === null)
      return false;
    const reservation = await this.reservations.lock(transaction, command.reservation);
    if (reservation === null || reservation.commandId !== command.id) return false;
    if (reservation.state === 'ACTIVE') {
      await this.cancelReservation.cancel(transaction, reservation, 'cancelled at the charge point');
    }
    return reservation.state === 'ACTIVE' || reservation.state === 'CANCELED';
  }

  /** A reservation that the partner was told had failed must not keep the EVSE from others. */
  private async releaseUnwanted(transaction: Transaction, command: Command): Promise<void> {
    const reservation =
      command.reservation === null ? null : await this.reservations.lock(transaction, command.reservation);
    if (reservation !== null && reservation.state !== 'ACTIVE') {
      await this.cancelReservation.release(transaction, reservation, 'PLATFORM');
    }
  }

  /** In words, and what follows of them: a charge that begins after a failed start is paid only where the driver read so. */
  private toldOf(
    command: Command,
    answer: CommandResult,
    decidedBy: Decider,
  ): Pick<CommandOutcome, 'result' | 'orphans'> {
    const wordless = answer.message === undefined || answer.message.length === 0;
    const words = answer.result === 'TIMEOUT' && wordless ? this.silence(command, decidedBy) : null;
    const result = words === null ? explained(answer) : { ...answer, message: message(words) };
    if (command.kind !== 'START_SESSION' || result.result === 'ACCEPTED') return { result, orphans: null };
    return { result, orphans: words === 'noAnswerYet' ? 'bind' : 'stop' };
  }

  /** Only where it will be so is the driver told that nothing is charged. */
  private silence({ kind, handedOut }: Command, decidedBy: Decider): MessageKey {
    if (kind !== 'START_SESSION') return 'notDone';
    const mayBegin = handedOut || decidedBy === 'BACK_END';
    return mayBegin && this.config.VOLTAP_COMMANDS_ORPHANS === 'bind' ? 'noAnswerYet' : 'noAnswer';
  }
}
