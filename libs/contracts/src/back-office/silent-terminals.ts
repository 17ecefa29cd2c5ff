import { z } from 'zod';

/** A terminal at whose EVSEs cars charge, and nobody pays by card. */
export const silentTerminalSchema = z.object({
  partnerId: z.string(),
  terminalId: z.string(),
  reference: z.string().nullable().describe('Serial number'),
  locationIds: z.array(z.string()),
  evseUids: z.array(z.string()),
  charges: z.number().int().describe('Charges that began at its EVSEs in the last seven days'),
  lastCardAt: z.iso.datetime().nullable().describe('Begin of the last one there that was paid by card'),
});
export type SilentTerminalView = z.infer<typeof silentTerminalSchema>;
