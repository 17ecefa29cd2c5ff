import { Injectable } from '@nestjs/common';
import { objectKey } from '@voltap/kernel';
import type { Transaction } from '@voltap/platform/persistence';
import type { Command } from '../domain/command.js';
import { CommandRepository } from '../store/command-repository.js';
import { PromiseCommand } from './promise-command.js';

/** A charge that goes on after its stop was accepted is stopped again after this time; reports cross the stop. */
const STOP_AGAIN_AFTER_MS = 30_000;

/** What a stop has to say of the session that it stops. */
type StoppedSession = Pick<Command, 'country_code' | 'party_id' | 'location_id' | 'evse_uid' | 'connector_id'> & {
  readonly id: string;
  readonly authorization_reference?: string | null | undefined;
};

/**
 * A stop of our own: the same command as a stop of the partner, of whose outcome nobody has to be told. One that failed, or
 * that was accepted without effect, is tried again with a later report, or after a while without one.
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
    session: StoppedSession,
  ): Promise<boolean> {
    const subject = objectKey(session, session.id);
    await this.commands.lockSubject(transaction, partnerId, 'STOP_SESSION', subject);
    const latest = await this.commands.latestOf(transaction, partnerId, 'STOP_SESSION', subject);
    if (latest !== null && latest.outcome === null) return false;
    if (latest?.outcome?.result.result === 'ACCEPTED') {
      const now = await this.commands.now(transaction);
      if (now.getTime() - latest.outcome.completedAt.getTime() < STOP_AGAIN_AFTER_MS) return false;
    }
    const promised = await this.promiseCommand.within(transaction, {
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
    return 'command' in promised;
  }

  /** Once more, when that stop is still the last one and the session still runs. @returns whether the back-end is told. */
  async again(
    transaction: Transaction,
    { stop, startId }: { readonly stop: Command; readonly startId: string | null },
  ): Promise<boolean> {
    // In the order of those who follow a charge: the start, then its stops.
    const start = startId === null ? null : await this.commands.lock(transaction, startId);
    const { session_id, authorization_reference } = stop;
    if (session_id === null) throw new Error(`the stop ${stop.id} is of no session`);
    const told = await this.execute(transaction, stop, { ...stop, id: session_id, authorization_reference });
    if (told && start !== null && start.orphan !== null) {
      const orphan = { ...start.orphan, stops: start.orphan.stops + 1 };
      await this.commands.update(transaction, { ...start, revision: start.revision + 1, orphan });
    }
    return told;
  }
}
