import {
  countryCodeSchema,
  credentialsRoleSchema,
  endpointSchema,
  OCPI_VERSIONS,
  partyIdSchema,
} from '@voltap/ocpi/model';
import { PROFILE_NAMES, quirkOverridesSchema } from '@voltap/ocpi/profiles';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';

const upperCase = (text: string) => text.toUpperCase();

/** One of our CPO parties; its name is what partners read in our credentials. */
const ownPartySchema = z.strictObject({
  country_code: countryCodeSchema.transform(upperCase),
  party_id: partyIdSchema.transform(upperCase),
  name: z.string().trim().min(1).max(100),
});

export const partnerCreateSchema = z.strictObject({
  name: z.string().trim().min(1).max(100).describe('For people'),
  profile: z.enum(PROFILE_NAMES).default('payter').describe('What kind of partner it is'),
  parties: z
    .array(ownPartySchema)
    .min(1)
    .refine(
      (parties) => new Set(parties.map((party) => `${party.country_code}*${party.party_id}`)).size === parties.length,
      {
        error: 'names a party twice',
      },
    )
    .describe('Our CPO parties that the partner deals with'),
  customerReferences: z
    .array(z.string().min(1).max(36))
    .default([])
    .describe('Values of customer_reference that its terminals may carry'),
  versions: z
    .array(z.enum(OCPI_VERSIONS))
    .min(1)
    .default([...OCPI_VERSIONS])
    .transform((versions) => OCPI_VERSIONS.filter((version) => versions.includes(version)))
    .describe('OCPI versions offered to the partner'),
  settings: quirkOverridesSchema.default({}).describe('What differs from the profile'),
});
export type PartnerCreate = z.infer<typeof partnerCreateSchema>;

export const partnerSchema = z.object({
  id: z.string(),
  name: z.string(),
  profile: z.enum(PROFILE_NAMES),
  status: z.enum(['PENDING', 'REGISTERED', 'SUSPENDED', 'UNREGISTERED']),
  parties: z.array(z.object({ country_code: z.string(), party_id: z.string(), name: z.string() })),
  customerReferences: z.array(z.string()),
  versions: z.array(z.enum(OCPI_VERSIONS)),
  version: z.enum(OCPI_VERSIONS).nullable().describe('The agreed version; null while not registered'),
  settings: quirkOverridesSchema,
  versionsUrl: z.string().describe('Where the partner begins; goes to it together with Token A'),
  roles: z.array(credentialsRoleSchema).describe('As the partner registered them'),
  endpoints: z.array(endpointSchema).describe('Of the partner, in the agreed version'),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type PartnerRecord = z.infer<typeof partnerSchema>;

export const partnerWithTokenSchema = partnerSchema.extend({
  tokenA: z.string().describe('Opens the registration; shown only now'),
});
export type PartnerWithToken = z.infer<typeof partnerWithTokenSchema>;

const service = 'credentials';

export const credentialsEndpoints = {
  create: backOfficeEndpoint({
    id: 'partners.create',
    service,
    method: 'POST',
    path: '/partners',
    scope: 'operate',
    summary: 'Open a connection for a partner',
    description: 'Hand `versionsUrl` and `tokenA` to the partner over a secure channel; it registers with them.',
    body: partnerCreateSchema,
    response: partnerWithTokenSchema,
    status: 201,
  }),
  list: backOfficeEndpoint({
    id: 'partners.list',
    service,
    method: 'GET',
    path: '/partners',
    scope: 'read',
    summary: 'Partners, oldest first',
    query: listQuerySchema,
    response: listOf(partnerSchema),
    status: 200,
  }),
  read: backOfficeEndpoint({
    id: 'partners.read',
    service,
    method: 'GET',
    path: '/partners/:id',
    scope: 'read',
    summary: 'One partner',
    response: partnerSchema,
    status: 200,
  }),
  issueTokenA: backOfficeEndpoint({
    id: 'partners.issue-token-a',
    service,
    method: 'POST',
    path: '/partners/:id/token-a',
    scope: 'operate',
    summary: 'Issue a new Token A; the one before opens nothing any more',
    description:
      'For a partner that lost its token, or the answer to its registration. A partner that is registered keeps working ' +
      'and gets none, unless `endRegistration` says that its registration shall end.',
    body: z.strictObject({ endRegistration: z.boolean().default(false) }).default({ endRegistration: false }),
    response: partnerWithTokenSchema,
    status: 200,
  }),
  suspend: backOfficeEndpoint({
    id: 'partners.suspend',
    service,
    method: 'PUT',
    path: '/partners/:id/suspension',
    scope: 'operate',
    summary: 'Stop all traffic with a partner, or let it flow again',
    description: 'Its tokens and its registration are kept, and open nothing while it is suspended.',
    body: z.strictObject({ suspended: z.boolean() }),
    response: partnerSchema,
    status: 200,
  }),
};
