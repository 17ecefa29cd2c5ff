import { commandResultTypeSchema, displayTextSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { backEndCommandSchema } from '../back-office/commands.js';
import { defineEvent, MANY_KEYS } from './define-event.js';

/** A command for the charging back-end, where it takes them from the log: at least once, so it acts once per commandId. */
export const backEndCommanded = defineEvent({
  name: 'back-end.commanded',
  topic: 'backend.commands',
  kind: 'money',
  producer: 'commands',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*location id',
  schema: backEndCommandSchema,
});

export const backEndAnswerSchema = z.object({
  commandId: z.uuid(),
  result: commandResultTypeSchema,
  message: z.array(displayTextSchema).optional(),
});
export type BackEndAnswer = z.infer<typeof backEndAnswerSchema>;

/**
 * The charging back-end's answer: `{ "id": <UUID of this answer>, "payload": … }`. What names no command of ours is set
 * aside; the same answer again, or one after the deadline, does no harm.
 */
export const backEndAnswered = defineEvent({
  name: 'back-end.answered',
  topic: 'backend.command-answers',
  kind: 'state',
  compacted: false,
  producer: 'back-end',
  partitions: MANY_KEYS,
  keyedBy: 'command id',
  schema: backEndAnswerSchema,
});
