import { Controller } from '@nestjs/common';
import { type BackEndCommand, type CommandRecord, commandsEndpoints } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import {
  decodePosition,
  encodeCursor,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { z } from 'zod';
import { forBackEnd, recordOf } from '../application/command-records.js';
import { CompleteCommand } from '../application/complete-command.js';
import { PendingCommands } from '../application/pending-commands.js';
import { StopSession } from '../application/stop-session.js';
import { CommandRepository } from '../store/command-repository.js';

const positionSchema = z.object({ acceptedAt: z.iso.datetime(), id: z.uuid() });

/** The contract with the charging back-end, and the operator's view of commands. */
@Controller()
export class CommandsBackOfficeController {
  constructor(
    private readonly pendingCommands: PendingCommands,
    private readonly completeCommand: CompleteCommand,
    private readonly stopSession: StopSession,
    private readonly commands: CommandRepository,
  ) {}

  @RestEndpoint(commandsEndpoints.pending)
  async pending(
    @RestRequest() { query, signal }: RestRequestOf<typeof commandsEndpoints.pending>,
  ): Promise<{ items: BackEndCommand[] }> {
    const commands = await this.pendingCommands.next(query.limit, query.wait * 1000, signal);
    return { items: commands.map(forBackEnd) };
  }

  @RestEndpoint(commandsEndpoints.answer)
  async answer(
    @RestRequest() { params, body }: RestRequestOf<typeof commandsEndpoints.answer>,
  ): Promise<CommandRecord> {
    return recordOf(await this.completeCommand.answer(commandIdOf(params), body));
  }

  @RestEndpoint(commandsEndpoints.stopSession)
  async stop(
    @RestRequest() { params, query, signal }: RestRequestOf<typeof commandsEndpoints.stopSession>,
  ): Promise<{ answered: boolean; command: CommandRecord; session_status: string }> {
    const party = partyParameter(params);
    const id = pathParameter(params, 'id');
    const { command, session } = await this.stopSession.execute(party, id, query.wait * 1000, signal);
    return { answered: command.outcome !== null, command: recordOf(command), session_status: session.status };
  }

  @RestEndpoint(commandsEndpoints.list)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof commandsEndpoints.list>,
  ): Promise<{ items: CommandRecord[]; next: string | null }> {
    const rows = await this.commands.list({
      limit: query.limit + 1,
      status: query.status,
      orphans: query.orphans === 'true',
      evseUid: query.evse_uid,
      before: decodePosition(positionSchema, query.cursor),
    });
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    const more = rows.length > query.limit && last !== undefined;
    return {
      items: items.map(recordOf),
      next: more ? encodeCursor({ acceptedAt: last.acceptedAt.toISOString(), id: last.id }) : null,
    };
  }

  @RestEndpoint(commandsEndpoints.read)
  async read(@RestRequest() { params }: RestRequestOf<typeof commandsEndpoints.read>): Promise<CommandRecord> {
    const id = commandIdOf(params);
    const command = await this.commands.find(id);
    if (command === null) throw new VoltapError('not_found', `There is no command ${id}.`);
    return recordOf(command);
  }
}

function commandIdOf(params: Readonly<Record<string, string>>): string {
  const id = pathParameter(params, 'commandId');
  if (!z.uuid().safeParse(id).success) throw new VoltapError('not_found', `There is no command ${id}.`);
  return id;
}
