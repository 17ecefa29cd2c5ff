import { credentialsRoleSchema, endpointSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { defineEvent, FEW_KEYS } from './define-event.js';

/**
 * The whole state of a connection to a partner, as every service may know it. Tokens travel hashed (what the partner
 * sends us) or sealed (what we send to the partner), never in clear.
 */
export const partnerStateSchema = z.object({
  partnerId: z.string(),
  name: z.string(),
  status: z.enum(['PENDING', 'REGISTERED', 'SUSPENDED', 'UNREGISTERED']),
  /** Name of the profile, and what is overridden of it. */
  profile: z.string(),
  settings: z.record(z.string(), z.unknown()),
  /** Our CPO parties that this partner deals with. */
  parties: z.array(z.object({ country_code: z.string(), party_id: z.string(), name: z.string() })),
  customerReferences: z.array(z.string()),
  /** Versions offered to the partner. */
  versions: z.array(z.string()),
  /** The agreed version, null before registration. */
  version: z.string().nullable(),
  /** The partner's roles as it registered them. */
  roles: z.array(credentialsRoleSchema),
  /** The partner's endpoints in the agreed version. */
  endpoints: z.array(endpointSchema),
  /** Keyed hashes (`Sealer.hash`) of the tokens by which the partner may call, and what each opens. */
  inboundTokens: z.array(
    z.object({
      hash: z.string(),
      scope: z.enum(['registration', 'full']),
      expiresAt: z.string().nullable(),
      /** Given to the partner in a registration that we started: it opens everything as soon as the partner has agreed. */
      settling: z.boolean().optional(),
    }),
  ),
  /** The token that we send, sealed (`Sealer.seal`). */
  outboundToken: z.string().nullable(),
});
export type PartnerState = z.infer<typeof partnerStateSchema>;

const partnerEvent = (name: string) =>
  defineEvent({
    name,
    kind: 'state',
    producer: 'credentials',
    partitions: FEW_KEYS,
    keyedBy: 'partner id',
    schema: partnerStateSchema,
  });

/** A connection exists: created by the operator (PENDING, Token A) or registered. */
export const partnerRegistered = partnerEvent('partner.registered');
/** Token A was issued, tokens, endpoints, version, settings changed. */
export const partnerUpdated = partnerEvent('partner.updated');
export const partnerSuspended = partnerEvent('partner.suspended');
export const partnerUnregistered = partnerEvent('partner.unregistered');
/** All four carry the same state under the same revision counter: projections handle them alike. */
export const partnerEvents = [partnerRegistered, partnerUpdated, partnerSuspended, partnerUnregistered] as const;
