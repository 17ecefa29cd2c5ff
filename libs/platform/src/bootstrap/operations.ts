import { Controller, type Type } from '@nestjs/common';
import type { EventKind } from '@voltap/kernel';
import { VoltapError } from '@voltap/kernel';
import { z } from 'zod';
import {
  type ProjectionStatus,
  type ReplayOutcome,
  type SetAsideEvent,
  SetAsideEvents,
  type SetAsideState,
} from '../messaging/index.js';
import type { Database } from '../persistence/index.js';
import {
  decodePosition,
  encodeCursor,
  RestEndpoint,
  type RestEndpointRow,
  RestRequest,
  type RestRequestOf,
} from '../rest/index.js';
import type { Messaging } from './messaging.js';

export interface SetAsideEventsQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly state?: SetAsideState;
  readonly kind?: EventKind;
  readonly topic?: string;
  readonly key?: string;
}

export interface ReplayBody {
  readonly ids?: readonly string[];
  readonly topic?: string;
  readonly key?: string;
}

/**
 * The operations that every service serves about its own messaging, as rows of the back-office contract; paths have
 * `:service`, and `:id` or `:name`. The service definition hands them in, since the contract lies above the platform.
 */
export interface OperationsRows {
  readonly listEvents: RestEndpointRow & { readonly query?: z.ZodType<SetAsideEventsQuery> };
  readonly readEvent: RestEndpointRow;
  readonly replayEvents: RestEndpointRow & { readonly body?: z.ZodType<ReplayBody> };
  readonly discardEvent: RestEndpointRow & { readonly body?: z.ZodType<{ readonly reason: string }> };
  readonly listProjections: RestEndpointRow;
  readonly rebuildProjection: RestEndpointRow;
}

const positionSchema = z.object({ after: z.string().regex(/^\d{1,18}$/) });

/** An event as an operator sees it: without its content in lists, which may be large. */
function summaryOf({ record, ...event }: SetAsideEvent) {
  const { topic, partition, offset, key } = record;
  return { ...event, topic, partition, offset, key };
}

/** The controller that serves the rows for one service. */
export function operationsController(
  service: string,
  rows: OperationsRows,
  database: Database,
  { replay, rebuilds }: Pick<Messaging, 'replay' | 'rebuilds'>,
): Type {
  const events = new SetAsideEvents();

  function own(params: Readonly<Record<string, string>>, name: string): string {
    if (params.service !== service) throw new VoltapError('not_found', `This is ${service}, not ${params.service}.`);
    return params[name] ?? '';
  }

  function eventId(params: Readonly<Record<string, string>>): string {
    const id = own(params, 'id');
    if (!/^\d{1,18}$/.test(id)) throw new VoltapError('not_found', `There is no event ${id} that was set aside.`);
    return id;
  }

  @Controller()
  class OperationsController {
    @RestEndpoint(rows.listEvents)
    async listEvents(@RestRequest() { params, query }: RestRequestOf<OperationsRows['listEvents']>) {
      own(params, 'service');
      const { cursor, limit, ...filter } = query;
      const after = decodePosition(positionSchema, cursor)?.after;
      const found = await events.list(database.reader, { ...filter, after, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      const next = found.length > limit && last !== undefined ? encodeCursor({ after: last.id }) : null;
      return { items: items.map(summaryOf), next };
    }

    @RestEndpoint(rows.readEvent)
    async readEvent(@RestRequest() { params }: RestRequestOf<OperationsRows['readEvent']>) {
      const id = eventId(params);
      const event = await events.find(database.reader, id);
      if (event === null) throw new VoltapError('not_found', `There is no event ${id} that was set aside.`);
      return { ...summaryOf(event), headers: event.record.headers, value: event.record.value };
    }

    @RestEndpoint(rows.replayEvents)
    replayEvents(
      @RestRequest() { params, body, operator, signal }: RestRequestOf<OperationsRows['replayEvents']>,
    ): Promise<ReplayOutcome> {
      own(params, 'service');
      return replay.execute(body, operator.keyId, signal);
    }

    @RestEndpoint(rows.discardEvent)
    async discardEvent(@RestRequest() { params, body, operator }: RestRequestOf<OperationsRows['discardEvent']>) {
      return summaryOf(await replay.discard(eventId(params), body.reason, operator.keyId));
    }

    @RestEndpoint(rows.listProjections)
    async listProjections(@RestRequest() { params }: RestRequestOf<OperationsRows['listProjections']>) {
      own(params, 'service');
      return { items: await rebuilds.list() };
    }

    @RestEndpoint(rows.rebuildProjection)
    rebuildProjection(
      @RestRequest() { params }: RestRequestOf<OperationsRows['rebuildProjection']>,
    ): Promise<ProjectionStatus> {
      return rebuilds.start(own(params, 'name'));
    }
  }
  return OperationsController;
}
