import { z } from 'zod';
import { dateTimeSchema, object, optional } from './formats.js';

/** The wrapper of every answer (ENV-01) as we make it; how answers are read is `transport/envelope`. */
export const responseEnvelopeSchema = object({
  data: optional(z.union([z.array(z.unknown()), z.looseObject({}), z.string()])),
  status_code: z.int().min(1000).max(4999),
  status_message: optional(z.string()),
  timestamp: dateTimeSchema,
});
export type ResponseEnvelope = z.infer<typeof responseEnvelopeSchema>;
