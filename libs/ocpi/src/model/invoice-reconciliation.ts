import type { z } from 'zod';
import { ciString, countryCodeSchema, dateTimeSchema, nonEmpty, object, partyIdSchema } from './formats.js';

/** Which CDRs are on which invoice (requirements INV), new in edition 2. */
export const invoiceReconciliationRecordSchema = object({
  country_code: countryCodeSchema,
  party_id: partyIdSchema,
  id: ciString(36),
  invoice_id: ciString(255),
  // The table says 36, and ids of credit CDRs have 39 (E-53).
  cdrs: nonEmpty(ciString(39)),
  last_updated: dateTimeSchema,
});
export type InvoiceReconciliationRecord = z.infer<typeof invoiceReconciliationRecordSchema>;
