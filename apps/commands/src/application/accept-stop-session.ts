import { Injectable } from '@nestjs/common';
import { objectKey, type Party } from '@voltap/kernel';
import type { CommandResponse, StopSession } from '@voltap/ocpi/model';
import { CommandRepository } from '../store/command-repository.js';
import { type KnownSession, Projections } from '../store/projections.js';
import { type CommandCaller, type Correlated, rejected } from './caller.js';
import { KnownElsewhere } from './known-elsewhere.js';
import { PromiseCommand } from './promise-command.js';

/** STOP_SESSION of a partner, for a session that it started and that still runs (CMD-19..21, CMD-35). */
@Injectable()
export class AcceptStopSession {
  constructor(
    private readonly projections: Projections,
    private readonly commands: CommandRepository,
    private readonly promiseCommand: PromiseCommand,
    private readonly knownElsewhere: KnownElsewhere,
  ) {}

  async execute(caller: CommandCaller, request: StopSession & Correlated): Promise<CommandResponse> {
    const found = await this.knownElsewhere.find(() => this.find(caller, request.session_id));
    if (found === null) return { result: 'UNKNOWN_SESSION', timeout: 0 };
    const { party, session } = found;
    if (session.partnerId !== caller.partnerId) return rejected('foreignSession');
    const start = session.commandId === null ? null : await this.commands.find(session.commandId);
    return this.promiseCommand.execute({
      kind: 'STOP_SESSION',
      origin: 'PARTNER',
      partnerId: caller.partnerId,
      country_code: party.country_code,
      party_id: party.party_id,
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
      correlationId: request.correlationId,
    });
  }

  /** Two parties of one partner may use the same id: then it means its own charge. */
  private async find(
    { parties, partnerId }: CommandCaller,
    id: string,
  ): Promise<{ party: Party; session: KnownSession } | null> {
    const found: { party: Party; session: KnownSession }[] = [];
    for (const party of parties) {
      const session = await this.projections.session(party, id);
      if (session !== null) found.push({ party, session });
    }
    return found.find(({ session }) => session.partnerId === partnerId) ?? found[0] ?? null;
  }
}
