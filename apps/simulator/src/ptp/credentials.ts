import { randomBytes } from 'node:crypto';
import type { Party } from '@voltap/kernel';
import type { Journal } from '../journal.js';
import { methodNotAllowed, type OcpiReply, refused, success } from '../wire/envelope.js';
import { isObject, type Json, type JsonObject, objectsOf, textOf } from '../wire/json.js';
import { below, demand, type OcpiCall, Refused, Unreachable } from '../wire/ocpi-client.js';
import { OCPI_VERSIONS, type OcpiVersion } from '../wire/version.js';
import type { PtpOptions } from './ptp-options.js';
import type { PartnerEndpoint, Registration } from './ptp-state.js';
import type { PtpStore } from './ptp-store.js';
import type { Received } from './received.js';

/** Modules of the platform without which no terminal can sell a charge: role as the platform announces it. */
const NEEDED: readonly (readonly [string, string])[] = [
  ['locations', 'SENDER'],
  ['tariffs', 'SENDER'],
  ['sessions', 'SENDER'],
  ['cdrs', 'SENDER'],
  ['commands', 'RECEIVER'],
  ['payments', 'RECEIVER'],
];

function newToken(): string {
  return randomBytes(24).toString('base64url');
}

interface Agreement {
  readonly version: OcpiVersion;
  readonly endpoints: readonly PartnerEndpoint[];
}

/** The credentials exchange, started by us or by the platform. */
export class Credentials {
  private announced: readonly OcpiVersion[];

  constructor(
    private readonly store: PtpStore,
    private readonly options: PtpOptions,
    private readonly journal: Journal,
    private readonly ocpiUrl: () => string,
  ) {
    this.announced = options.versions;
  }

  /** Versions that we announce and serve. */
  get versions(): readonly OcpiVersion[] {
    return this.announced;
  }

  /** Announces other versions from now on, as after an upgrade of ours. */
  offerVersions(versions: readonly OcpiVersion[]): void {
    this.announced = versions;
  }

  get versionsUrl(): string {
    return below(this.ocpiUrl(), 'versions');
  }

  /**
   * Registers at a platform: versions, details, POST credentials with our token B; its answer holds token C.
   * @param only the version to agree on; the highest common one when absent (CRED-22).
   * @throws Refused, Unreachable, Error when versions or modules do not fit.
   */
  async register(versionsUrl: string, tokenA: string, only?: OcpiVersion): Promise<Registration> {
    const agreement = await this.agree(versionsUrl, tokenA, only);
    return this.exchange('POST', tokenA, agreement);
  }

  /** New tokens, and another version when asked for: PUT credentials with the current token. */
  async rotate(only?: OcpiVersion): Promise<Registration> {
    const { versionsUrl, ownToken, version } = this.store.registration;
    return this.exchange('PUT', ownToken, await this.agree(versionsUrl, ownToken, only ?? version));
  }

  async unregister(): Promise<void> {
    const { ownToken, endpoints } = this.store.registration;
    const { plainToken } = this.options;
    await demand({ method: 'DELETE', url: credentialsUrl(endpoints), token: ownToken, plainToken });
    this.tell('Payter', 'DELETE credentials');
    this.store.forget();
  }

  /** Token A and our versions URL, for a platform that starts the exchange itself. */
  offer(): { token: string; versionsUrl: string } {
    const token = newToken();
    this.store.commit((state) => {
      state.offeredToken = token;
    });
    return { token, versionsUrl: this.versionsUrl };
  }

  async handle(request: Received): Promise<OcpiReply> {
    const registration = this.store.state.registration;
    const standing = this.store.standing(request.token);
    const registered = registration !== null && standing !== 'offered';
    switch (request.method) {
      case 'GET':
        return success(this.ownCredentials(request.token));
      case 'POST':
        return registered ? refused(2000, 'already registered', 405) : this.accept(request, null);
      case 'PUT':
        return registered ? this.accept(request, registration) : refused(2000, 'not registered', 405);
      case 'DELETE':
        if (!registered) return refused(2000, 'not registered', 405);
        this.tell('Voltap', 'DELETE credentials');
        this.store.forget();
        return success();
      default:
        return methodNotAllowed();
    }
  }

  private async exchange(method: 'POST' | 'PUT', token: string, agreement: Agreement): Promise<Registration> {
    const acceptedToken = newToken();
    this.store.pendingTokens.add(acceptedToken);
    try {
      const url = credentialsUrl(agreement.endpoints);
      const { plainToken } = this.options;
      const body = this.ownCredentials(acceptedToken);
      const answer = await demand({ method, url, token, plainToken, body, timeoutMs: 30_000 });
      this.tell('Payter', `${method} credentials`, agreement.version);
      const theirs = readCredentials(answer.data);
      if (!theirs)
        throw new Refused(`${method} ${url}`, answer.httpStatus, answer.statusCode, 'no credentials in data');
      const registration: Registration = {
        versionsUrl: theirs.url,
        ...agreement,
        acceptedToken,
        ownToken: theirs.token,
        parties: theirs.parties,
      };
      this.store.register(registration, method === 'PUT' ? this.options.tokenGraceMs : 0);
      return registration;
    } finally {
      this.store.pendingTokens.delete(acceptedToken);
    }
  }

  private async agree(versionsUrl: string, token: string, only?: OcpiVersion): Promise<Agreement> {
    const listed = await this.look(versionsUrl, token, 'GET versions');
    const offered = Array.isArray(listed) ? listed.filter(isObject) : [];
    const version = OCPI_VERSIONS.find(
      (each) =>
        (only === undefined ? this.announced.includes(each) : each === only) &&
        offered.some((entry) => textOf(entry, 'version') === each),
    );
    const url = textOf(
      offered.find((entry) => textOf(entry, 'version') === version),
      'url',
    );
    if (!version || url === undefined) throw new Error(`no common OCPI version with ${versionsUrl}`);
    return this.details(url, token, version);
  }

  private async details(url: string, token: string, version: OcpiVersion): Promise<Agreement> {
    const details = await this.look(url, token, 'GET version details');
    const endpoints = objectsOf(isObject(details) ? details : undefined, 'endpoints').map((endpoint) => ({
      identifier: textOf(endpoint, 'identifier') ?? '',
      role: textOf(endpoint, 'role') ?? '',
      url: textOf(endpoint, 'url') ?? '',
    }));
    const missing = NEEDED.filter(
      ([identifier, role]) => !endpoints.some((each) => each.identifier === identifier && each.role === role),
    );
    if (missing.length > 0) {
      throw new MissingEndpoints(`the platform lacks ${missing.map((each) => each.join(' ')).join(', ')}`);
    }
    return { version, endpoints };
  }

  private async look(url: string, token: string, message: string): Promise<Json | undefined> {
    const call: OcpiCall = { method: 'GET', url, token, plainToken: this.options.plainToken };
    const { data } = await demand(call);
    this.tell('Payter', message);
    return data;
  }

  /** POST or PUT by the platform: its versions and details are read with its token before we answer (CRED-02). */
  private async accept(request: Received, current: Registration | null): Promise<OcpiReply> {
    const theirs = readCredentials(request.body ?? undefined);
    if (!theirs) return refused(2001, 'the credentials object is invalid');
    let agreement: Agreement;
    try {
      agreement = await this.agree(theirs.url, theirs.token, request.version);
    } catch (error) {
      if (error instanceof MissingEndpoints) return refused(3003, error.message);
      if (error instanceof Unreachable || error instanceof Refused) return refused(3001, error.message);
      return refused(3002, error instanceof Error ? error.message : String(error));
    }
    const acceptedToken = newToken();
    if (!current) {
      this.store.commit((state) => {
        state.offeredToken = null;
      });
    }
    const { url: versionsUrl, token: ownToken, parties } = theirs;
    const registration = { versionsUrl, ...agreement, acceptedToken, ownToken, parties };
    this.store.register(registration, current ? this.options.tokenGraceMs : 0);
    this.tell('Voltap', `${request.method} credentials`, agreement.version);
    return success(this.ownCredentials(acceptedToken));
  }

  private ownCredentials(token: string): JsonObject {
    const { party, name, role } = this.options;
    return {
      token,
      url: this.versionsUrl,
      roles: [{ role, business_details: { name }, party_id: party.party_id, country_code: party.country_code }],
    };
  }

  private tell(from: 'Payter' | 'Voltap', message: string, detail?: string): void {
    this.journal.tell({ from, to: from === 'Payter' ? 'Voltap' : 'Payter', message, detail });
  }
}

class MissingEndpoints extends Error {}

function credentialsUrl(endpoints: readonly PartnerEndpoint[]): string {
  const url = endpoints.find(({ identifier }) => identifier === 'credentials')?.url;
  if (url === undefined) throw new Error('the platform announces no credentials endpoint');
  return url;
}

function readCredentials(value: Json | undefined): { token: string; url: string; parties: Party[] } | null {
  if (!isObject(value)) return null;
  const token = textOf(value, 'token');
  const url = textOf(value, 'url');
  const parties = objectsOf(value, 'roles').flatMap((role): Party[] => {
    const country_code = textOf(role, 'country_code');
    const party_id = textOf(role, 'party_id');
    return country_code === undefined || party_id === undefined ? [] : [{ country_code, party_id }];
  });
  if (token === undefined || !/^[\x21-\x7e]{1,64}$/.test(token) || url === undefined || !isHttpUrl(url)) return null;
  return parties.length === 0 ? null : { token, url, parties };
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}
