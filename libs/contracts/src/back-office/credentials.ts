import {
  callableUrlSchema,
  countryCodeSchema,
  credentialsRoleSchema,
  endpointSchema,
  OCPI_VERSIONS,
  partyIdSchema,
} from '@voltap/ocpi/model';
import { PROFILE_NAMES, quirkOverridesSchema, quirksSchema } from '@voltap/ocpi/profiles';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';

const upperCase = (text: string) => text.toUpperCase();

/** One of our CPO parties; its name is what partners read in our credentials. */
const ownPartySchema = z.strictObject({
  country_code: countryCodeSchema.transform(upperCase),
  party_id: partyIdSchema.transform(upperCase),
  name: z.string().trim().min(1).max(100),
});

/** A party of the partner, as agreed beforehand. */
const foreignPartySchema = z.strictObject({
  country_code: countryCodeSchema.transform(upperCase),
  party_id: partyIdSchema.transform(upperCase),
});

const once = (parties: readonly { country_code: string; party_id: string }[]) =>
  new Set(parties.map((party) => `${party.country_code}*${party.party_id}`)).size === parties.length;

const requiredEndpointSchema = z.strictObject({
  identifier: z.string().min(1).max(64).describe('Module, such as `commands`'),
  role: z.enum(['SENDER', 'RECEIVER']),
});

/** What the operator decides of a connection; everything of it can be changed later. */
const terms = {
  name: z.string().trim().min(1).max(100).describe('For people'),
  profile: z.enum(PROFILE_NAMES).default('payter').describe('What kind of partner it is'),
  environment: z.enum(['live', 'test']).default('live').describe('Real terminals and money, or those of a test'),
  parties: z
    .array(ownPartySchema)
    .min(1)
    .refine(once, { error: 'names a party twice' })
    .describe('Our CPO parties that the partner deals with: the roles of our credentials, and all that it sees of us'),
  partnerParties: z
    .array(foreignPartySchema)
    .default([])
    .refine(once, { error: 'names a party twice' })
    .describe('Parties of the partner that were agreed; it registers with these only. Empty: with any'),
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
  requiredEndpoints: z
    .array(requiredEndpointSchema)
    .nullable()
    .default(null)
    .describe('Endpoints without which nothing is agreed; null: those that follow from profile and settings'),
  allowedHosts: z
    .array(z.string().trim().toLowerCase().min(1).max(255))
    .default([])
    .describe('Hosts to which the addresses of the partner may lead. Empty: to any public one'),
} as const;

export const partnerTermsSchema = z.strictObject(terms);
export type PartnerTermsInput = z.infer<typeof partnerTermsSchema>;

export const partnerCreateSchema = z.strictObject({
  ...terms,
  tokenAHours: z
    .number()
    .int()
    .min(1)
    .max(8760)
    .optional()
    .describe('How long Token A is good for; else as configured'),
});
export type PartnerCreate = z.infer<typeof partnerCreateSchema>;

const tokenSchema = z.object({
  use: z
    .enum(['registration', 'spent', 'offered', 'current', 'retired'])
    .describe(
      '`registration`: Token A. `spent`: Token A that was used, good for repeating the very registration whose answer was ' +
        'lost. `offered`: given to the partner in an exchange of ours whose outcome is open. `retired`: replaced, in its grace.',
    ),
  issuedAt: z.string(),
  expiresAt: z.string().nullable().describe('From when on it opens nothing; null: until it is replaced'),
});

const exchangeSchema = z.object({
  action: z.enum(['register', 'rotate']),
  version: z.enum(OCPI_VERSIONS).nullable(),
  startedAt: z.string(),
  until: z.string().describe('When it counts as broken off, and another may be started'),
});

export const partnerSchema = z.object({
  id: z.string(),
  name: z.string(),
  profile: z.enum(PROFILE_NAMES),
  environment: z.enum(['live', 'test']),
  status: z.enum(['PENDING', 'REGISTERED', 'SUSPENDED', 'UNREGISTERED']),
  parties: z.array(z.object({ country_code: z.string(), party_id: z.string(), name: z.string() })),
  partnerParties: z.array(z.object({ country_code: z.string(), party_id: z.string() })),
  customerReferences: z.array(z.string()),
  versions: z.array(z.enum(OCPI_VERSIONS)),
  version: z.enum(OCPI_VERSIONS).nullable().describe('The agreed version; null while not registered'),
  settings: quirkOverridesSchema,
  effectiveSettings: quirksSchema.describe('The profile with the settings over it'),
  requiredEndpoints: z.array(requiredEndpointSchema).nullable(),
  allowedHosts: z.array(z.string()),
  versionsUrl: z.string().describe('Where the partner begins; goes to it together with Token A'),
  partnerVersionsUrl: z.string().nullable().describe('Where we begin at the partner; null while not registered'),
  roles: z.array(credentialsRoleSchema).describe('As the partner registered them'),
  endpoints: z.array(endpointSchema).describe('Of the partner, in the agreed version'),
  tokens: z.array(tokenSchema).describe('By which the partner may call now; their values are shown to nobody'),
  exchange: exchangeSchema.nullable().describe('An exchange that we started and that has no outcome yet'),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type PartnerRecord = z.infer<typeof partnerSchema>;

export const partnerWithTokenSchema = partnerSchema.extend({
  tokenA: z.string().describe('Opens the registration; shown only now'),
});
export type PartnerWithToken = z.infer<typeof partnerWithTokenSchema>;

/** One request of an exchange to the partner. */
const exchangeCallSchema = z.object({
  what: z.string().describe('`versions`, `version details`, `POST credentials`, …'),
  url: z.string(),
  requestId: z.string().nullable().describe('`X-Request-ID` that the partner saw'),
  httpStatus: z.number().int().nullable(),
  statusCode: z.number().int().nullable(),
  error: z.string().nullable(),
});

export const PARTNER_ACTIONS = [
  'open',
  'issue-token-a',
  'change-terms',
  'register',
  'rotate',
  'unregister',
  'suspend',
  'resume',
] as const;

export const partnerEventSchema = z.object({
  id: z.string(),
  at: z.string(),
  action: z.enum(PARTNER_ACTIONS),
  by: z.enum(['operator', 'partner']).describe('Who wanted it'),
  keyId: z.string().nullable().describe('Of the API key; null for a partner'),
  outcome: z
    .enum(['started', 'done', 'refused', 'failed'])
    .describe('`refused`: by us, or by the partner. `failed`: nobody knows what the partner made of it'),
  code: z.string().nullable().describe('Error code, see docs/errors.md'),
  message: z.string(),
  version: z.enum(OCPI_VERSIONS).nullable(),
  requestId: z.string().nullable().describe('`X-Request-ID` of a request of the partner'),
  correlationId: z.string().nullable(),
  calls: z.array(exchangeCallSchema).describe('What we asked the partner meanwhile, in order'),
});
export type PartnerEventRecord = z.infer<typeof partnerEventSchema>;
export type ExchangeCall = z.infer<typeof exchangeCallSchema>;

const tokenSyntax = z.string().regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 characters from U+0021 to U+007E');

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
  changeTerms: backOfficeEndpoint({
    id: 'partners.change-terms',
    service,
    method: 'PUT',
    path: '/partners/:id',
    scope: 'operate',
    summary: 'Change what was decided of a partner',
    description:
      'All terms at once: what is left out goes back to its default. What the partner reads in our credentials (parties and ' +
      'their names, versions) reaches it with the next rotation.',
    body: partnerTermsSchema,
    response: partnerSchema,
    status: 200,
  }),
  history: backOfficeEndpoint({
    id: 'partners.history',
    service,
    method: 'GET',
    path: '/partners/:id/events',
    scope: 'read',
    summary: 'What happened to a connection, newest first',
    query: listQuerySchema,
    response: listOf(partnerEventSchema),
    status: 200,
  }),
  register: backOfficeEndpoint({
    id: 'partners.register',
    service,
    method: 'POST',
    path: '/partners/:id/registration',
    scope: 'operate',
    summary: 'Register at the partner now, with the Token A and the versions URL that it gave us',
    description:
      'Reads what the partner offers, and sends our credentials only when it offers all that is required. A partner that is ' +
      'registered already is refused, unless `replace` says that its registration shall end by the new one.',
    body: z.strictObject({
      token: tokenSyntax.describe('Token A of the partner'),
      versionsUrl: callableUrlSchema.describe('Versions URL of the partner'),
      version: z.enum(OCPI_VERSIONS).optional().describe('The highest that both offer, when left out'),
      replace: z.boolean().default(false),
    }),
    response: partnerSchema,
    status: 200,
  }),
  unregister: backOfficeEndpoint({
    id: 'partners.unregister',
    service,
    method: 'DELETE',
    path: '/partners/:id/registration',
    scope: 'operate',
    summary: 'End the registration at once, and tell the partner',
    description:
      'All tokens are dead when this answers, whether the partner could be told or not; the history says which. A new Token A, ' +
      'of ours or of the partner, begins anew.',
    response: partnerSchema,
    status: 200,
  }),
  rotate: backOfficeEndpoint({
    id: 'partners.rotate',
    service,
    method: 'POST',
    path: '/partners/:id/rotation',
    scope: 'operate',
    summary: 'Exchange both tokens with the partner now, and the version when one is named',
    description:
      'PUT of our credentials: reads the versions and endpoints of the partner again, and moves the connection to `version`, up or ' +
      'down. Traffic goes on meanwhile: the token of before is good until the grace has passed.',
    body: z
      .strictObject({
        version: z
          .enum(['highest', ...OCPI_VERSIONS])
          .optional()
          .describe('`highest`: that both offer. The agreed one, when left out'),
      })
      .default({}),
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
    body: z
      .strictObject({
        endRegistration: z.boolean().default(false),
        tokenAHours: z
          .number()
          .int()
          .min(1)
          .max(8760)
          .optional()
          .describe('How long it is good for; else as configured'),
      })
      .default({ endRegistration: false }),
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
