import { Inject, Injectable } from '@nestjs/common';
import type { SessionChanged } from '@voltap/contracts/events';
import type { Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger, Metrics } from '@voltap/platform/telemetry';
import type { Command, OrphanPolicy } from '../domain/command.js';
import { CommandRepository } from '../store/command-repository.js';
import { CompleteCommand } from './complete-command.js';
import { StopCharge } from './stop-charge.js';

/**
 * What the charge of a start tells of the start. While nobody has answered, a session that begins is an answer; when the
 * partner was told that the start failed, it is an orphan: noted for the operator and, by the policy of that moment, stopped.
 * Its end is an answer to every stop.
 */
@Injectable()
export class FollowCharge {
  constructor(
    private readonly commands: CommandRepository,
    private readonly completeCommand: CompleteCommand,
    private readonly stopCharge: StopCharge,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async execute(transaction: Transaction, { commandId, session }: SessionChanged): Promise<void> {
    await this.ofStart(transaction, commandId, session);
    if (isOver(session)) await this.ofStops(transaction, session);
  }

  /** What has ended is stopped, whoever ended it: the driver does not wait for an answer about it. */
  private async ofStops(transaction: Transaction, session: SessionChanged['session']): Promise<void> {
    for (const stop of await this.commands.openStops(transaction, session, session.id)) {
      await this.completeCommand.complete(transaction, stop, { result: 'ACCEPTED' }, 'SESSION');
    }
  }

  private async ofStart(
    transaction: Transaction,
    commandId: string | null,
    session: SessionChanged['session'],
  ): Promise<void> {
    const start = commandId === null ? null : await this.commands.lock(transaction, commandId);
    // What is only reserved says nothing of a start.
    if (start === null || start.kind !== 'START_SESSION' || session.status === 'RESERVATION') return;
    if (start.outcome === null) {
      // A session that never became a charge says nothing of the start: its own answer, or the deadline, does.
      if (session.status === 'INVALID') return;
      await this.completeCommand.complete(transaction, start, { result: 'ACCEPTED' }, 'SESSION');
      return;
    }
    if (start.outcome.result.result !== 'ACCEPTED') await this.orphan(transaction, start, session);
  }

  private async orphan(transaction: Transaction, start: Command, session: SessionChanged['session']): Promise<void> {
    const policy = start.orphan?.policy ?? (await this.policyOf(transaction, start));
    const now = await this.commands.now(transaction);
    const before = start.orphan ?? { session_id: session.id, policy, noticedAt: now.toISOString(), stops: 0 };
    if (start.orphan === null) {
      const told = start.outcome?.result.result;
      this.logger.warn({ commandId: start.id, sessionId: session.id, told, policy }, 'a charge is an orphan');
      this.metrics.count('voltap.commands.orphans', { 'voltap.orphan.policy': policy });
    }
    const stopped =
      !isOver(session) && policy === 'stop' && (await this.stopCharge.execute(transaction, start, session));
    if (start.orphan !== null && !stopped) return;
    const orphan = { ...before, stops: before.stops + (stopped ? 1 : 0) };
    await this.commands.update(transaction, { ...start, revision: start.revision + 1, orphan });
  }

  /** A reference that was tried again since pays for the later charge alone. */
  private async policyOf(transaction: Transaction, start: Command): Promise<OrphanPolicy> {
    const policy = start.outcome?.orphans ?? 'bind';
    if (policy === 'stop' || start.authorization_reference === null) return policy;
    return (await this.commands.wasTriedAgain(transaction, start)) ? 'stop' : 'bind';
  }
}

function isOver({ status }: SessionChanged['session']): boolean {
  return status === 'COMPLETED' || status === 'INVALID';
}
