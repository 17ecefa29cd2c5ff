import type { Party } from '@voltap/kernel';
import type { CredentialsRole, Endpoint, OcpiVersion } from '@voltap/ocpi/model';

export type PartnerStatus = 'PENDING' | 'REGISTERED' | 'SUSPENDED' | 'UNREGISTERED';

/** One of our CPO parties, under the name that the partner reads. */
export interface OwnParty extends Party {
  readonly name: string;
}

/** A token by which the partner calls us. */
export interface InboundToken {
  /** Keyed hash, the only way to find it. */
  readonly hash: string;
  /** `registration`: Token A, opens versions and credentials only (TRN-07). */
  readonly scope: 'registration' | 'full';
  /** Sealed, so that GET credentials can return it (CRED-13). */
  readonly sealed: string;
}

/** A connection to a partner: what the operator decided of it, and what the two sides agreed. */
export interface Partner {
  readonly id: string;
  readonly name: string;
  readonly status: PartnerStatus;
  /** Name of the profile: what kind of partner it is. */
  readonly profile: string;
  /** What is overridden of the profile. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly parties: readonly OwnParty[];
  /** Values of `customer_reference` that its terminals may carry. */
  readonly customerReferences: readonly string[];
  /** Versions offered to it, highest first. */
  readonly versions: readonly OcpiVersion[];
  /** Null while not registered, as everything below that was agreed. */
  readonly version: OcpiVersion | null;
  /** The partner's versions endpoint. */
  readonly versionsUrl: string | null;
  readonly roles: readonly CredentialsRole[];
  readonly endpoints: readonly Endpoint[];
  /** At most one: Token A before registration, Token C after. */
  readonly inboundToken: InboundToken | null;
  /** The token that we send (Token B), sealed. */
  readonly outboundToken: string | null;
}

/** A partner as it is stored. The revision rises with every change, given while the row is locked. */
export interface StoredPartner extends Partner {
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface PartnerTerms
  extends Pick<Partner, 'name' | 'profile' | 'settings' | 'parties' | 'customerReferences' | 'versions'> {}

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
  inboundToken: null,
  outboundToken: null,
} as const;

/** A connection that waits for the partner, who is given this Token A. */
export function openedPartner(id: string, terms: PartnerTerms, tokenA: InboundToken): Partner {
  return { ...terms, ...NOTHING_AGREED, id, status: 'PENDING', inboundToken: tokenA };
}

/** Whatever was agreed is over; a new registration begins with this Token A. */
export function reopened<P extends Partner>(partner: P, tokenA: InboundToken): P {
  return { ...partner, ...NOTHING_AGREED, status: 'PENDING', inboundToken: tokenA };
}

/** Registered, or registered anew: every token of before is dead (CRED-03, CRED-10). */
export function agreed<P extends Partner>(partner: P, agreement: Agreement): P {
  return { ...partner, ...agreement, status: 'REGISTERED' };
}

/** The connection is over and no token opens anything (CRED-12). */
export function unregistered<P extends Partner>(partner: P): P {
  return { ...partner, ...NOTHING_AGREED, status: 'UNREGISTERED' };
}

export function suspended<P extends Partner>(partner: P): P {
  return { ...partner, status: 'SUSPENDED' };
}

/** As it was before it was suspended. */
export function resumed<P extends Partner>(partner: P): P {
  return { ...partner, status: partner.version === null ? 'PENDING' : 'REGISTERED' };
}
