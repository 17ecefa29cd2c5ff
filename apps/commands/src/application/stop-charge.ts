import { Injectable } from '@nestjs/common';
import type { SessionChanged } from '@voltap/contracts/events';
import type { Transaction } from '@voltap/platform/persistence';
import type { Command } from '../domain/command.js';
import { CommandRepository } from '../store/command-repository.js';
import { PromiseCommand } from './promise-command.js';

/** A charge that goes on after its stop was accepted is stopped again after this time; reports cross the stop. */
const STOP_AGAIN_AFTER_MS = 30_000;

/**
 * A stop of our own: the same command as a stop of the partner, of whose outcome nobody has to be told. One that failed, or
 * that was accepted without effect, is tried again with a later report.
 */
@Injectable()
export class StopCharge {
  constructor(
    private readonly commands: CommandRepository,
    private readonly promiseCommand: PromiseCommand,
  ) {}

  /** @returns whether the back-end is told once more. */
  async execute(
    transaction: Transaction,
    { partnerId, idTag }: Pick<Command, 'partnerId'> & { readonly idTag: string | null },
    session: SessionChanged['session'],
  ): Promise<boolean> {
    const subject = session.id.toUpperCase();
    await this.commands.lockSubject(transaction, partnerId, 'STOP_SESSION', subject);
    const latest = await this.commands.latestOf(transaction, partnerId, 'STOP_SESSION', subject);
    if (latest !== null && latest.outcome === null) return false;
    if (latest?.outcome?.result.result === 'ACCEPTED') {
      const now = await this.commands.now(transaction);
      if (now.getTime() - latest.outcome.completedAt.getTime() < STOP_AGAIN_AFTER_MS) return false;
    }
    await this.promiseCommand.within(transaction, {
      kind: 'STOP_SESSION',
      origin: 'PLATFORM',
      partnerId,
      country_code: session.country_code,
      party_id: session.party_id,
      subject,
      authorization_reference: session.authorization_reference ?? null,
      token: null,
      location_id: session.location_id,
      evse_uid: session.evse_uid,
      connector_id: session.connector_id,
      session_id: session.id,
      tariff: null,
      reservation: null,
      expiry: null,
      idTag,
      correlationId: null,
    });
    return true;
  }
}
