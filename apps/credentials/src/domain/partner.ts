import type { Party } from '@voltap/kernel';
import type { CredentialsRole, Endpoint, OcpiVersion } from '@voltap/ocpi/model';
import { alive, type InboundToken, succeededBy } from './inbound-token.js';
import type { RequiredEndpoint } from './required-endpoints.js';

export type PartnerStatus = 'PENDING' | 'REGISTERED' | 'SUSPENDED' | 'UNREGISTERED';

/** One of our CPO parties, under the name that the partner reads. */
export interface OwnParty extends Party {
  readonly name: string;
}

/** What the operator decides of a connection. */
export interface PartnerTerms {
  readonly name: string;
  /** Name of the profile: what kind of partner it is. */
  readonly profile: string;
  readonly environment: 'live' | 'test';
  /** What is overridden of the profile. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly parties: readonly OwnParty[];
  /** Parties with which the partner may register; empty: any. */
  readonly partnerParties: readonly Party[];
  /** Values of `customer_reference` that its terminals may carry. */
  readonly customerReferences: readonly string[];
  /** Versions offered to it, highest first. */
  readonly versions: readonly OcpiVersion[];
  /** Null: those that follow from profile and settings. */
  readonly requiredEndpoints: readonly RequiredEndpoint[] | null;
  /** Hosts to which its addresses may lead; empty: any. */
  readonly allowedHosts: readonly string[];
}

/** An exchange that we started. While it is under way no other one is, from either side. */
export interface OwnExchange {
  readonly id: string;
  readonly action: 'register' | 'rotate';
  /** Null until it is chosen. */
  readonly version: OcpiVersion | null;
  readonly startedAt: Date;
  /** Whoever carried it out is gone when this has passed. */
  readonly until: Date;
}

/** A connection to a partner: what the operator decided of it, and what the two sides agreed. */
export interface Partner extends PartnerTerms {
  readonly id: string;
  readonly status: PartnerStatus;
  /** Null while not registered, as everything below that was agreed. */
  readonly version: OcpiVersion | null;
  /** The partner's versions endpoint. */
  readonly versionsUrl: string | null;
  readonly roles: readonly CredentialsRole[];
  readonly endpoints: readonly Endpoint[];
  /** By which the partner calls us. */
  readonly tokens: readonly InboundToken[];
  /** The token that we send, sealed. */
  readonly outboundToken: string | null;
  readonly exchange: OwnExchange | null;
}

/** A partner as it is stored. The revision rises with every change, given while the row is locked. */
export interface StoredPartner extends Partner {
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a credentials exchange agreed on. */
export interface Agreement {
  readonly version: OcpiVersion;
  readonly versionsUrl: string;
  readonly roles: readonly CredentialsRole[];
  readonly endpoints: readonly Endpoint[];
  readonly inboundToken: InboundToken;
  readonly outboundToken: string;
}

const NOTHING_AGREED = {
  version: null,
  versionsUrl: null,
  roles: [],
  endpoints: [],
  tokens: [],
  outboundToken: null,
  exchange: null,
} as const;

/** A connection that waits for the partner, who is given this Token A. */
export function openedPartner(id: string, terms: PartnerTerms, tokenA: InboundToken): Partner {
  return { ...terms, ...NOTHING_AGREED, id, status: 'PENDING', tokens: [tokenA] };
}

/** Whatever was agreed is over; a new registration begins with this Token A. */
export function reopened<P extends Partner>(partner: P, tokenA: InboundToken): P {
  return { ...partner, ...NOTHING_AGREED, status: 'PENDING', tokens: [tokenA] };
}

/** How tokens give way to others. */
export interface Succession {
  readonly now: Date;
  /** How long a token that was replaced is good, since requests with it are on their way; 0: not at all. */
  readonly graceMs: number;
  /** Hash of the token by which the partner came; null when we went to it. */
  readonly used: string | null;
}

/**
 * Registered, or registered anew. A Token A is dead (CRED-03), except that the one that was used may repeat this
 * registration for the grace; a token of traffic is good for the grace, so that no request on its way is refused (CRED-10).
 */
export function agreed<P extends Partner>(
  partner: P,
  { inboundToken, ...agreement }: Agreement,
  { now, graceMs, used }: Succession,
): P {
  const spent = alive(partner.tokens, now)
    .filter(({ hash, use }) => hash === used && (use === 'registration' || use === 'spent') && graceMs > 0)
    .map((token): InboundToken => {
      if (token.use === 'spent') return token;
      return { ...token, use: 'spent', expiresAt: new Date(now.getTime() + graceMs) };
    });
  const before = partner.status === 'REGISTERED' ? partner.tokens : [];
  const tokens = [...succeededBy(inboundToken, before, now, graceMs), ...spent];
  return { ...partner, ...agreement, status: 'REGISTERED', exchange: null, tokens };
}

/** The connection is over and no token opens anything (CRED-12). */
export function unregistered<P extends Partner>(partner: P): P {
  return { ...partner, ...NOTHING_AGREED, status: 'UNREGISTERED' };
}

export function suspended<P extends Partner>(partner: P): P {
  return { ...partner, status: 'SUSPENDED', exchange: null };
}

/** As it was before it was suspended. */
export function resumed<P extends Partner>(partner: P): P {
  const status = partner.version !== null ? 'REGISTERED' : 'PENDING';
  return { ...partner, status };
}

/** Whether an exchange of ours is under way now. */
export function exchanging({ exchange }: Partner, now: Date): boolean {
  return exchange !== null && exchange.until.getTime() > now.getTime();
}

/** An exchange begins. A connection that was ended waits for its outcome like a new one. */
export function exchangeBegun<P extends Partner>(partner: P, exchange: OwnExchange): P {
  return { ...partner, exchange, status: partner.status === 'UNREGISTERED' ? 'PENDING' : partner.status };
}

/**
 * The token is about to be given to the partner. It works from now on, since the partner may call with it before it
 * answers (CRED-21), and goes on to until we know what became of it: it is the only one that a partner has who agreed
 * while its answer was lost.
 */
export function tokenOffered<P extends Partner>(partner: P, offered: InboundToken, now: Date): P {
  return { ...partner, tokens: [...alive(partner.tokens, now), offered] };
}

/** The exchange is over without effect. @param withdrawn hash of the token that the partner surely does not use. */
export function exchangeEnded<P extends Partner>(partner: P, withdrawn: string | null): P {
  return { ...partner, exchange: null, tokens: partner.tokens.filter(({ hash }) => hash !== withdrawn) };
}

/** Other terms; what was agreed stays. */
export function withTerms<P extends Partner>(partner: P, terms: PartnerTerms): P {
  return { ...partner, ...terms };
}
