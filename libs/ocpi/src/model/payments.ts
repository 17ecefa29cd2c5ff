import { z } from 'zod';
import {
  ciString,
  countryCodeSchema,
  countrySchema,
  currencySchema,
  dateTimeSchema,
  list,
  object,
  optional,
  partyIdSchema,
  patchOf,
  text,
  url,
} from './formats.js';
import { geoLocationSchema, priceSchema } from './types.js';

/** Payment terminals and financial advice confirmations (requirements PAY). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const invoiceCreatorSchema = z.enum(['CPO', 'PTP']);
export type InvoiceCreator = z.infer<typeof invoiceCreatorSchema>;

export const captureStatusCodeSchema = z.enum(['SUCCESS', 'PARTIAL_SUCCESS', 'FAILED']);
export type CaptureStatusCode = z.infer<typeof captureStatusCodeSchema>;

// Addresses are CiString on paper and carry real names in practice: read as UTF-8 (E-15).
const terminalShape = {
  terminal_id: ciString(36),
  customer_reference: optional(ciString(36)),
  party_id: optional(partyIdSchema),
  country_code: optional(countryCodeSchema),
  address: optional(text(45)),
  city: optional(text(45)),
  postal_code: optional(text(10)),
  state: optional(text(20)),
  country: optional(countrySchema),
  coordinates: optional(geoLocationSchema),
  invoice_base_url: optional(url()),
  invoice_creator: optional(invoiceCreatorSchema),
  reference: optional(ciString(36)),
  location_ids: list(ciString(36)),
  evse_uids: list(ciString(36)),
  last_updated: dateTimeSchema,
};
export const terminalSchema = object(terminalShape);
export type Terminal = z.infer<typeof terminalSchema>;
export const terminalPatchSchema = patchOf(terminalShape);
export type TerminalPatch = z.infer<typeof terminalPatchSchema>;

/**
 * What a PTP may announce: "just the terminal id" is enough (PAY-02); the receiver fills `last_updated` with the time of
 * reception.
 */
export const terminalAnnouncementSchema = object({ ...terminalShape, last_updated: optional(dateTimeSchema) });
export type TerminalAnnouncement = z.infer<typeof terminalAnnouncementSchema>;

/** The same at a URL that already names the terminal. */
export const terminalAtItsUrlSchema = object({
  ...terminalShape,
  terminal_id: optional(ciString(36)),
  last_updated: optional(dateTimeSchema),
});
export type TerminalAtItsUrl = z.infer<typeof terminalAtItsUrlSchema>;

/** Body of an activation at the PTP: what is known of a terminal that may have no id yet (PAY-46). */
export const terminalActivationSchema = object({ ...terminalShape, terminal_id: optional(ciString(36)) });
export type TerminalActivation = z.infer<typeof terminalActivationSchema>;

export const financialAdviceConfirmationSchema = object({
  id: ciString(36),
  authorization_reference: ciString(36),
  total_costs: priceSchema,
  currency: currencySchema,
  eft_data: list(text(255)),
  capture_status_code: captureStatusCodeSchema,
  capture_status_message: optional(text(255)),
  last_updated: dateTimeSchema,
}).refine((confirmation) => confirmation.capture_status_code === 'FAILED' || (confirmation.eft_data?.length ?? 0) > 0, {
  path: ['eft_data'],
  error: 'must have at least one line unless the capture failed (PAY-25, PAY-26)',
});
export type FinancialAdviceConfirmation = z.infer<typeof financialAdviceConfirmationSchema>;
