import { Inject, Injectable } from '@nestjs/common';
import { partnerRegistered, partnerUpdated } from '@voltap/contracts/events';
import { Clock, Ids, VoltapError } from '@voltap/kernel';
import type { Credentials, CredentialsRole, OcpiVersion } from '@voltap/ocpi/model';
import { Sealer } from '@voltap/platform/security';
import { type CredentialsConfig, credentialsConfig } from '../credentials.config.js';
import {
  agreed,
  exchangeBegun,
  exchangeEnded,
  exchanging,
  type OwnExchange,
  type StoredPartner,
  tokenOffered,
} from '../domain/partner.js';
import type { Cause } from '../domain/partner-event.js';
import { checkPeerCredentials } from '../domain/peer-credentials.js';
import { ChangePartner } from './change-partner.js';
import { ownCredentials } from './describe-own-side.js';
import { done, failed, started } from './happened.js';
import { type Inspected, InspectPartner } from './inspect-partner.js';
import { type IssuedToken, IssueToken } from './issue-token.js';
import { PartnerApi, type PartnerConversation, PartnerSaidNo } from './partner-api.js';

/** What the operator wants. */
export type ExchangeWish =
  | {
      readonly action: 'register';
      /** Token A of the partner, in clear. */
      readonly token: string;
      readonly versionsUrl: string;
      /** Undefined: the highest that both offer (CRED-22). */
      readonly version: OcpiVersion | undefined;
      /** Whether a registration that is in force shall end by it. */
      readonly replace: boolean;
    }
  /** Undefined: the version that is agreed. */
  | { readonly action: 'rotate'; readonly version: OcpiVersion | 'highest' | undefined };

/** Beyond the answers that are waited for: time to write. */
const MARGIN_MS = 10_000;
/** A token that was offered in a registration without outcome opens versions and credentials for so long. */
const OFFER_LASTS_MS = 24 * 60 * 60 * 1000;

interface Begun {
  readonly exchange: OwnExchange;
  readonly partner: StoredPartner;
  readonly conversation: PartnerConversation;
  readonly versionsUrl: string;
  readonly version: OcpiVersion | undefined;
}

/**
 * We give our credentials to the partner and get its: POST, or PUT for new tokens and another version (CRED-19 to CRED-23,
 * CRED-33). Each step is written before the next request leaves, and no request is made inside of a transaction, so that
 * it may end at any of them:
 *
 * 1. the exchange is noted; no other begins meanwhile;
 * 2. the partner is asked what it offers; if it is not enough, that was all;
 * 3. the new token is noted, and works: the partner calls us with it before it answers;
 * 4. our credentials leave; what the answer holds replaces all of before, in one commit.
 *
 * When the answer of 4 is lost, the partner may have agreed or not. Then the tokens of before stay, and the new one works
 * beside them until an exchange comes to its end: whatever the partner did, it is not locked out.
 */
@Injectable()
export class StartExchange {
  constructor(
    private readonly api: PartnerApi,
    private readonly inspectPartner: InspectPartner,
    private readonly issueToken: IssueToken,
    private readonly changePartner: ChangePartner,
    private readonly sealer: Sealer,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @Inject(credentialsConfig.token) private readonly config: CredentialsConfig,
  ) {}

  /**
   * @param publicUrl ours, without trailing slash.
   * @throws VoltapError not_found; conflict when it is not the time for it; what became of it: partner_unreachable,
   *   partner_refused, unsupported_version, missing_endpoints, invalid_parameter.
   */
  async execute(partnerId: string, wish: ExchangeWish, publicUrl: string, cause: Cause): Promise<StoredPartner> {
    const begun = await this.begin(partnerId, wish, cause);
    const { conversation } = begun;
    let offered: IssuedToken | undefined;
    let version = begun.version;
    try {
      const inspection = { url: begun.versionsUrl, version: begun.version, publicUrl };
      const inspected = await this.inspectPartner.execute(begun.partner, inspection, conversation);
      version = inspected.version;
      offered = await this.offer(begun, inspected.version);
      const method = wish.action === 'register' ? 'POST' : 'PUT';
      const theirs = await conversation.exchange(
        method,
        credentialsUrl(inspected),
        inspected.version,
        ownCredentials(begun.partner, offered.token, publicUrl),
        this.config.VOLTAP_CREDENTIALS_EXCHANGE_TIMEOUT_MS,
      );
      return await this.agree(begun, { wish, inspected, offered, theirs, cause });
    } catch (error) {
      await this.giveUp(begun, { wish, version, offered, error, cause });
      throw error;
    }
  }

  private async begin(partnerId: string, wish: ExchangeWish, cause: Cause): Promise<Begun> {
    const startedAt = this.clock.now();
    const lasts =
      this.config.VOLTAP_REGISTRATION_TIMEOUT_MS + this.config.VOLTAP_CREDENTIALS_EXCHANGE_TIMEOUT_MS + MARGIN_MS;
    const exchange: OwnExchange = {
      id: this.ids.next(),
      action: wish.action,
      version: null,
      startedAt,
      until: new Date(startedAt.getTime() + lasts),
    };
    const partner = await this.changePartner.execute(partnerId, (current) => {
      assertTime(current, wish, startedAt);
      const happened = started({ action: wish.action, cause }, 'We began to exchange credentials');
      return { partner: exchangeBegun(current, exchange), told: partnerUpdated, happened };
    });
    if (wish.action === 'register') {
      const { token, versionsUrl, version } = wish;
      return { exchange, partner, conversation: this.api.converse(partnerId, token), versionsUrl, version };
    }
    const { outboundToken, versionsUrl } = partner;
    if (outboundToken === null || versionsUrl === null) throw new Error('a registered partner without token');
    const wanted = wish.version ?? partner.version ?? undefined;
    return {
      exchange,
      partner,
      conversation: this.api.converse(partnerId, this.sealer.open(outboundToken)),
      versionsUrl,
      version: wanted === 'highest' ? undefined : wanted,
    };
  }

  private async offer({ exchange, partner }: Begun, version: OcpiVersion): Promise<IssuedToken> {
    const issued = this.issueToken.execute('offered', exchange.action === 'rotate' ? null : OFFER_LASTS_MS);
    await this.changePartner.execute(partner.id, (current) => {
      assertOurs(current, exchange);
      const noted = exchangeBegun(current, { ...exchange, version });
      return { partner: tokenOffered(noted, issued.stored, this.clock.now()), told: partnerUpdated };
    });
    return issued;
  }

  private async agree(begun: Begun, end: Ending): Promise<StoredPartner> {
    const { theirs, wish, inspected } = end;
    try {
      checkPeerCredentials(theirs, begun.partner.partnerParties);
      return await this.commit(begun, end, theirs.roles);
    } catch (error) {
      if (!(error instanceof VoltapError && error.code === 'invalid_parameter')) throw error;
      if (error.violations.some(({ pointer }) => pointer === '/token')) throw error;
      if (wish.action === 'register') {
        // The partner counts us as registered, under a name that is not its own: it is told that we are not.
        await this.withdraw(begun, theirs, inspected);
        throw error;
      }
      // The tokens are exchanged already; who the partner is stays as it was.
      const why = error.violations.map(({ message }) => message).join('; ');
      return this.commit(begun, end, begun.partner.roles, `Its roles were not taken over (${why})`);
    }
  }

  private async commit(
    { exchange, partner, versionsUrl, conversation }: Begun,
    { wish, inspected, offered, theirs, cause }: Ending,
    roles: readonly CredentialsRole[],
    remark?: string,
  ): Promise<StoredPartner> {
    const { version, endpoints } = inspected;
    return this.changePartner.execute(partner.id, (current) => {
      assertOurs(current, exchange);
      const agreement = {
        version,
        versionsUrl,
        roles,
        endpoints,
        inboundToken: { ...offered.stored, use: 'current', expiresAt: null },
        outboundToken: this.sealer.seal(theirs.token),
      } as const;
      const graceMs = this.config.VOLTAP_CREDENTIALS_TOKEN_GRACE_SECONDS * 1000;
      const succession = { now: this.clock.now(), graceMs, used: null };
      const tried = { action: wish.action, cause, version, calls: conversation.calls };
      const told = wish.action === 'register' ? partnerRegistered : partnerUpdated;
      const message = [summary(wish, current, version), ...(remark === undefined ? [] : [remark])].join('. ');
      return { partner: agreed(current, agreement, succession), told, happened: done(tried, message) };
    });
  }

  /** Best effort: what came of it stands among the calls. */
  private async withdraw(begun: Begun, theirs: Credentials, inspected: Inspected): Promise<void> {
    const conversation = this.api.converse(begun.partner.id, theirs.token);
    try {
      await conversation.unregister(
        credentialsUrl(inspected),
        inspected.version,
        this.config.VOLTAP_REGISTRATION_TIMEOUT_MS,
      );
    } catch (error) {
      if (!(error instanceof VoltapError)) throw error;
    } finally {
      begun.conversation.calls.push(...conversation.calls);
    }
  }

  private async giveUp(
    { exchange, partner, conversation }: Begun,
    { wish, version, offered, error, cause }: Abandoned,
  ): Promise<void> {
    const surely = offered === undefined || changedNothing(error) || refusedByUs(wish, error);
    const tried = { action: wish.action, cause, version: version ?? null, calls: conversation.calls };
    const happened = failed(tried, error, surely ? 'refused' : 'failed');
    await this.changePartner.execute(partner.id, (current) => {
      const withdrawn = surely ? (offered?.stored.hash ?? null) : null;
      const ours = current.exchange?.id === exchange.id;
      return { partner: ours ? exchangeEnded(current, withdrawn) : current, told: partnerUpdated, happened };
    });
  }
}

function summary({ action }: ExchangeWish, before: StoredPartner, version: OcpiVersion): string {
  if (action === 'register') return 'We registered';
  return before.version === version
    ? 'Both tokens are renewed'
    : `Moved from ${before.version} to ${version}, with new tokens`;
}

function changedNothing(error: unknown): boolean {
  return error instanceof PartnerSaidNo && error.nothingDone;
}

/** What the partner answered to our registration was not acceptable; it was told so. */
function refusedByUs({ action }: ExchangeWish, error: unknown): boolean {
  return action === 'register' && error instanceof VoltapError && error.code === 'invalid_parameter';
}

interface Ending {
  readonly wish: ExchangeWish;
  readonly inspected: Inspected;
  readonly offered: IssuedToken;
  readonly theirs: Credentials;
  readonly cause: Cause;
}

interface Abandoned {
  readonly wish: ExchangeWish;
  readonly version: OcpiVersion | undefined;
  /** Undefined when the partner was given none. */
  readonly offered: IssuedToken | undefined;
  readonly error: unknown;
  readonly cause: Cause;
}

function assertTime(partner: StoredPartner, wish: ExchangeWish, now: Date): void {
  const { status, versions } = partner;
  if (status === 'SUSPENDED') throw new VoltapError('conflict', 'The partner is suspended; end the suspension first.');
  if (exchanging(partner, now)) {
    throw new VoltapError(
      'conflict',
      `An exchange is under way until ${partner.exchange?.until.toISOString()} at most.`,
    );
  }
  if (wish.action === 'rotate' && status !== 'REGISTERED') {
    throw new VoltapError('conflict', `The partner is ${status}; there is nothing to renew.`);
  }
  if (wish.action === 'register' && status === 'REGISTERED' && !wish.replace) {
    throw new VoltapError('conflict', 'The partner is registered; send "replace": true to begin anew, or rotate.');
  }
  if (wish.version !== undefined && wish.version !== 'highest' && !versions.includes(wish.version)) {
    const violations = [
      { pointer: '/version', message: `is not among the versions of the partner: ${versions.join(', ')}` },
    ];
    throw new VoltapError('invalid_parameter', 'This version is not offered to the partner.', { violations });
  }
}

/** The operator or the partner may have ended it meanwhile. */
function assertOurs(current: StoredPartner, { id }: OwnExchange): void {
  if (current.exchange?.id === id) return;
  throw new VoltapError('conflict', `The exchange was ended by something else; the partner is ${current.status}.`);
}

function credentialsUrl({ endpoints }: Inspected): string {
  const entry = endpoints.find(({ identifier }) => identifier === 'credentials');
  if (entry === undefined) throw new VoltapError('missing_endpoints', 'The version details lack credentials');
  return entry.url;
}
