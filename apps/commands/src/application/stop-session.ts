import { Injectable } from '@nestjs/common';
import { objectKey, type Party, VoltapError } from '@voltap/kernel';
import { Database } from '@voltap/platform/persistence';
import type { Command } from '../domain/command.js';
import { CommandRepository } from '../store/command-repository.js';
import { type KnownSession, Projections } from '../store/projections.js';
import { AwaitedOutcomes } from './awaited-outcomes.js';
import { KnownElsewhere } from './known-elsewhere.js';
import { PromiseCommand } from './promise-command.js';

/** Of charges that no partner started. */
const NOBODY = '-';

/** The operator stops a charge and waits for what comes of it; a stop that is under way already is the same stop. */
@Injectable()
export class StopSession {
  constructor(
    private readonly database: Database,
    private readonly projections: Projections,
    private readonly commands: CommandRepository,
    private readonly promiseCommand: PromiseCommand,
    private readonly knownElsewhere: KnownElsewhere,
    private readonly awaitedOutcomes: AwaitedOutcomes,
  ) {}

  /**
   * @returns the stop, without an outcome when none came in time, and the session as it is then.
   * @throws VoltapError not_found; conflict when it has ended.
   */
  async execute(
    party: Party,
    id: string,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<{ command: Command; session: KnownSession }> {
    const session = await this.find(party, id);
    const start = session.commandId === null ? null : await this.commands.find(session.commandId);
    const stop = await this.database.transaction(async (transaction) => {
      const promised = await this.promiseCommand.within(transaction, {
        kind: 'STOP_SESSION',
        origin: 'OPERATOR',
        partnerId: session.partnerId ?? start?.partnerId ?? NOBODY,
        ...party,
        subject: objectKey(party, session.id),
        authorization_reference: session.authorization_reference,
        token: null,
        location_id: session.location_id,
        evse_uid: session.evse_uid,
        connector_id: null,
        session_id: session.id,
        tariff: null,
        reservation: null,
        expiry: null,
        idTag: start?.idTag ?? null,
        correlationId: null,
      });
      if ('refused' in promised) throw new VoltapError('conflict', `Session ${session.id} has ended already.`);
      await this.commands.await(transaction, promised.command.id);
      return promised.command;
    });
    const command = await this.awaitedOutcomes.wait(stop.id, waitMs, signal);
    return { command, session: await this.find(party, id) };
  }

  private async find(party: Party, id: string): Promise<KnownSession> {
    const session = await this.knownElsewhere.find(() => this.projections.session(party, id));
    if (session === null) throw new VoltapError('not_found', `There is no session ${id} of this party.`);
    return session;
  }
}
