import { tokenSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { defineEvent, MANY_KEYS } from './define-event.js';

export const tokenChangedSchema = z.object({ partnerId: z.string(), token: tokenSchema });
export type TokenChanged = z.infer<typeof tokenChangedSchema>;

/** A partner put or patched one of its tokens. Revision: the token's. */
export const tokenChanged = defineEvent({
  name: 'token.changed',
  kind: 'state',
  producer: 'tokens',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*type*uid of the token',
  schema: tokenChangedSchema,
});
