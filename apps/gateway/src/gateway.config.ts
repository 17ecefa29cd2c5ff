import { isIP } from 'node:net';
import { LONGEST_PUBLIC_URL, mayBePublished } from '@voltap/ocpi/transport';
import { type ConfigOf, defineConfig, setting } from '@voltap/platform/config';
import { z } from 'zod';

export const API_SCOPES = ['read', 'operate', 'back-end'] as const;
export type ApiScope = (typeof API_SCOPES)[number];

export interface ApiKey {
  readonly key: string;
  readonly scopes: readonly ApiScope[];
}

/** `key:scope+scope,key:scope`; a key has at least 32 characters and no colon, comma or blank. */
function parseApiKeys(text: string, context: z.RefinementCtx): ApiKey[] {
  return text.split(',').flatMap((entry) => {
    const [key = '', scopes = ''] = entry.trim().split(':');
    const parsed = z.array(z.enum(API_SCOPES)).min(1).safeParse(scopes.split('+'));
    if (key.length >= 32 && parsed.success) return [{ key, scopes: parsed.data }];
    context.addIssue({
      code: 'custom',
      message: `each entry must be <key of at least 32 characters>:<${API_SCOPES.join('+')}>`,
    });
    return [];
  });
}

/** Addresses or networks (`10.0.0.0/8`), comma separated. */
function parseNetworks(text: string, context: z.RefinementCtx): string[] {
  const networks = text.split(',').map((entry) => entry.trim());
  for (const network of networks) {
    const [address = '', prefix, ...more] = network.split('/');
    const bits = isIP(address) === 6 ? 128 : 32;
    const valid = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
    if (isIP(address) !== 0 && valid && more.length === 0) continue;
    context.addIssue({ code: 'custom', message: `${network} is neither an IP address nor a network like 10.0.0.0/8` });
  }
  return networks;
}

const port = () => setting.integer(0, 65_535);

export const gatewayConfig = defineConfig('gateway', {
  VOLTAP_PUBLIC_URL: setting
    .url()
    .refine(mayBePublished, { error: `at most ${LONGEST_PUBLIC_URL} characters` })
    .describe('URL of the public listener as partners and drivers see it'),
  VOLTAP_GATEWAY_PUBLIC_HOST: setting.text().default('127.0.0.1').describe('Address of the public listener'),
  VOLTAP_GATEWAY_PUBLIC_PORT: port().default(4000).describe('Port of the public listener: OCPI and receipts'),
  VOLTAP_GATEWAY_BACK_OFFICE_HOST: setting.text().default('127.0.0.1').describe('Address of the back-office listener'),
  VOLTAP_GATEWAY_BACK_OFFICE_PORT: port().default(4001).describe('Port of the back-office listener'),
  VOLTAP_GATEWAY_TRUSTED_PROXIES: setting
    .text()
    .transform(parseNetworks)
    .optional()
    .describe('Addresses or networks of the ingress, comma separated: only from there X-Forwarded-For is believed'),
  VOLTAP_API_KEYS: setting
    .text()
    .transform(parseApiKeys)
    .describe('Keys of the back-office API and what they may do: key:read+operate+back-end, comma separated'),
  VOLTAP_GATEWAY_PARTNER_RATE_PER_SECOND: setting
    .integer(1, 100_000)
    .default(200)
    .describe('Requests a second that one partner may make, averaged over five seconds'),
  VOLTAP_GATEWAY_RECEIPT_RATE_PER_SECOND: setting
    .integer(1, 100_000)
    .default(5)
    .describe('Receipts a second that one client address may look up, averaged over five seconds'),
  VOLTAP_GATEWAY_PARTNER_CONCURRENCY: setting
    .integer(1, 256)
    .default(16)
    .describe('Requests to one partner that are under way at once'),
  VOLTAP_GATEWAY_PARTNER_TIMEOUT_MS: setting
    .integer(50, 120_000)
    .default(15_000)
    .describe('Milliseconds that a delivery waits for the answer of its partner'),
  VOLTAP_GATEWAY_RETRY_MS: setting
    .integer(1, 60_000)
    .default(500)
    .describe('Milliseconds until a delivery without answer is tried again; doubled with each further attempt'),
  VOLTAP_GATEWAY_REFUSED_RETRY_MS: setting
    .integer(1, 86_400_000)
    .default(30_000)
    .describe(
      'Milliseconds until an object that the partner refused is offered again; doubled up to four hours for states',
    ),
  VOLTAP_GATEWAY_STATE_HOURS: setting
    .integer(1, 8760)
    .default(24)
    .describe(
      'Hours for which a location, status, tariff or session is tried; what nobody answered is sent again when the partner answers',
    ),
  VOLTAP_GATEWAY_CDR_DAYS: setting.integer(1, 365).default(7).describe('Days for which a CDR is tried'),
  VOLTAP_GATEWAY_RESULT_MINUTES: setting
    .integer(1, 1440)
    .default(10)
    .describe(
      'Minutes for which the result of a command is tried when it is sent again by hand; else its own deadline counts',
    ),
  VOLTAP_GATEWAY_ORDER_SECONDS: setting
    .integer(1, 86_400)
    .default(60)
    .describe(
      'Seconds that a CDR waits for its session, and a location for the tariffs that it names; then it goes ahead',
    ),
  VOLTAP_GATEWAY_EXCHANGE_DAYS: setting
    .integer(1, 3650)
    .default(7)
    .describe('Days for which requests to partners and their answers are kept, redacted'),
  VOLTAP_GATEWAY_DELIVERY_DAYS: setting
    .integer(1, 3650)
    .default(30)
    .describe('Days for which settled deliveries are kept; those given up stay while they are owed'),
  VOLTAP_GATEWAY_CALLBACK_HOURS: setting
    .integer(1, 8760)
    .default(72)
    .describe('Hours for which the response_url of a command is kept; longer than any result may take'),
  VOLTAP_EGRESS_CA_FILE: setting
    .file()
    .optional()
    .describe('PEM of authorities that partners are believed by, beside the public ones'),
  VOLTAP_EGRESS_ALLOW_INSECURE: setting
    .flag()
    .default(false)
    .describe('Development only: partners may be called over http and on private addresses'),
});
export type GatewayConfig = ConfigOf<typeof gatewayConfig>;
