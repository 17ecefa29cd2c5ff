import { z } from 'zod';
import { countryCodeSchema, dateTimeSchema, object, partyIdSchema } from './formats.js';
import { roleSchema } from './types.js';

/** Who is connected to a hub (requirements HUB). */

export const connectionStatusSchema = z.enum(['CONNECTED', 'OFFLINE', 'PLANNED', 'SUSPENDED']);
export type ConnectionStatus = z.infer<typeof connectionStatusSchema>;

export const clientInfoSchema = object({
  party_id: partyIdSchema,
  country_code: countryCodeSchema,
  role: roleSchema,
  status: connectionStatusSchema,
  last_updated: dateTimeSchema,
});
export type ClientInfo = z.infer<typeof clientInfoSchema>;
