import { z } from 'zod';
import { backOfficeEndpoint, EVERY_SERVICE, listOf, listQuerySchema } from './endpoint.js';

/** The services, by the names that their database, consumer group and part of the API carry. */
export const SERVICE_NAMES = [
  'gateway',
  'credentials',
  'locations',
  'tariffs',
  'tokens',
  'commands',
  'sessions',
  'cdrs',
  'payments',
] as const;

export const setAsideStateSchema = z.enum(['WAITING', 'REPLAYED', 'DISCARDED']);
const kindSchema = z.enum(['state', 'money']);

export const setAsideEventSchema = z.object({
  id: z.string().describe('Number within the service, in the order in which events were set aside'),
  kind: kindSchema.describe('state: it is on the dead-letter topic as well; money: its key is parked'),
  topic: z.string(),
  partition: z.number().int(),
  offset: z.string(),
  key: z.string(),
  eventId: z.string().nullable().describe('Null when the event cannot be read'),
  error: z.string().describe('Why the last handling failed'),
  attempts: z.number().int().describe('Replays that failed'),
  setAsideAt: z.string(),
  triedAt: z.string().nullable(),
  state: setAsideStateSchema,
  settledAt: z.string().nullable(),
  settledBy: z.string().nullable().describe('Which API key replayed or discarded it'),
  reason: z.string().nullable().describe('Why it was discarded'),
});
export type SetAsideEventRecord = z.infer<typeof setAsideEventSchema>;

export const setAsideEventDetailsSchema = setAsideEventSchema.extend({
  headers: z.record(z.string(), z.string()),
  value: z.string().nullable().describe('The event as it came'),
});
export type SetAsideEventDetails = z.infer<typeof setAsideEventDetailsSchema>;

export const replayOutcomeSchema = z.object({
  replayed: z.number().int(),
  failed: z
    .array(z.object({ id: z.string(), topic: z.string(), key: z.string(), error: z.string() }))
    .describe('At most one for each parked key: nothing overtakes it'),
  waiting: z.number().int().describe('Events of the selection that still wait, those that failed included'),
});
export type ReplayOutcomeRecord = z.infer<typeof replayOutcomeSchema>;

export const projectionSchema = z.object({
  name: z.string(),
  topics: z.array(z.string()),
  rows: z.number().int(),
  rebuild: z
    .object({
      state: z.enum(['RUNNING', 'DONE', 'FAILED']),
      startedAt: z.string(),
      finishedAt: z.string().nullable(),
      eventsRead: z.number().int(),
      eventsLeft: z.number().int().nullable().describe('Of the topic that is being read, at most'),
      unreadable: z.number().int(),
      error: z.string().nullable(),
    })
    .nullable()
    .describe('The last rebuild'),
});
export type ProjectionRecord = z.infer<typeof projectionSchema>;

const service = EVERY_SERVICE;
const events = '/services/:service/set-aside-events';
const projections = '/services/:service/projections';
const topic = z.string().min(1).optional().describe('Only of this topic');
const key = z.string().min(1).optional().describe('Only of this key');

/** What every service serves about its own events and projections. */
export const operationsEndpoints = {
  listEvents: backOfficeEndpoint({
    id: 'operations.listEvents',
    service,
    method: 'GET',
    path: events,
    scope: 'read',
    summary: 'Events that the service could not handle, oldest first',
    query: listQuerySchema.extend({ state: setAsideStateSchema.optional(), kind: kindSchema.optional(), topic, key }),
    response: listOf(setAsideEventSchema),
    status: 200,
  }),
  readEvent: backOfficeEndpoint({
    id: 'operations.readEvent',
    service,
    method: 'GET',
    path: `${events}/:id`,
    scope: 'operate',
    summary: 'One such event with its content',
    response: setAsideEventDetailsSchema,
    status: 200,
  }),
  replayEvents: backOfficeEndpoint({
    id: 'operations.replayEvents',
    service,
    method: 'POST',
    path: `${events}/replay`,
    scope: 'operate',
    summary: 'Handle waiting events again',
    description:
      'All, or those named. A parked event stands for its key, whose events are handled in order up to the first that fails. One call takes on 500 events; call again while `waiting` falls.',
    body: z.object({
      ids: z
        .array(z.string().regex(/^\d{1,18}$/))
        .min(1)
        .max(100)
        .optional(),
      topic,
      key,
    }),
    response: replayOutcomeSchema,
    status: 200,
  }),
  discardEvent: backOfficeEndpoint({
    id: 'operations.discardEvent',
    service,
    method: 'POST',
    path: `${events}/:id/discard`,
    scope: 'operate',
    summary: 'Give an event up',
    description: 'It will never have an effect. Events that were parked behind it wait for a replay.',
    body: z.object({ reason: z.string().min(3).max(500).describe('Kept with the event') }),
    response: setAsideEventSchema,
    status: 200,
  }),
  listProjections: backOfficeEndpoint({
    id: 'operations.listProjections',
    service,
    method: 'GET',
    path: projections,
    scope: 'read',
    summary: "What the service keeps of other services' facts",
    response: z.object({ items: z.array(projectionSchema) }),
    status: 200,
  }),
  rebuildProjection: backOfficeEndpoint({
    id: 'operations.rebuildProjection',
    service,
    method: 'POST',
    path: `${projections}/:name/rebuild`,
    scope: 'operate',
    summary: 'Build a projection anew from its topics',
    description: 'Begins and returns; the service serves from the old rows until the new ones are complete.',
    response: projectionSchema,
    status: 200,
  }),
};
