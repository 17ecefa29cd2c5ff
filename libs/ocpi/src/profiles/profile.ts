import { z } from 'zod';

/**
 * What a kind of partner does differently, as settings. Every open question about a counterpart is one setting with a
 * default per profile; an operator overrides single settings on the partner.
 */
export const quirksSchema = z.strictObject({
  /** The token goes into `Authorization` as it is, not Base64 (TRN-06), in both directions. */
  plainToken: z.boolean(),
  /** Our calls end in a slash (TRN-13). */
  trailingSlash: z.boolean(),
  /** The partner may PATCH terminals at us, which no chapter describes. */
  patchTerminals: z.boolean(),
  /** The partner may PUT terminals at us, which no chapter describes. */
  putTerminals: z.boolean(),
  /** The partner accepts PATCH of a terminal; otherwise assignments are sent as PUT of the whole object. */
  acceptsTerminalPatch: z.boolean(),
  /** On 2.2.1 the amount to reserve on the card travels as `max_price` of the tariff (differences, section 7). */
  maxPriceAsPreauthorization: z.boolean(),
  /** The Payments module is agreed on 2.2.1, where it is no standard module (VER-13). */
  paymentsIn221: z.boolean(),
  /** Prices have the shape of 2.2.1 although 2.3.0 is spoken (PAY-24, E-05). */
  pricesOf221In230: z.boolean(),
  /** VAT percentage to take out of prices that include an unstated tax, towards 2.2.1; null: such tariffs are withheld. */
  vatWhenUnstated: z.number().min(0).max(100).nullable(),
  /** A start that never became a charge ends with a CDR over zero, so that the card is released (CDR-25). */
  zeroCdrWhenNeverStarted: z.boolean(),
  /** Who makes the receipt when the terminal does not say (E-25). */
  invoiceCreator: z.enum(['CPO', 'PTP']),
  /** A credit CDR negates the partial costs too, not only `total_cost` (CDR-09). */
  negatePartialCosts: z.boolean(),
  /** The partner fetches locations and tariffs by itself; nothing is pushed even if it lists a Receiver. */
  pullOnly: z.boolean(),
  /** The partner has terminals: it must offer the Payments module as Sender where a version agreed on carries it. */
  requiresPayments: z.boolean(),
});
export type Quirks = z.infer<typeof quirksSchema>;

/** Settings of a partner that differ from its profile; unknown names are refused. */
export const quirkOverridesSchema = quirksSchema.partial();
export type QuirkOverrides = z.infer<typeof quirkOverridesSchema>;

export const PROFILE_NAMES = ['payter', 'spec', 'emsp-adhoc'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

export interface PartnerProfile {
  readonly name: ProfileName;
  readonly quirks: Readonly<Quirks>;
}

/** A partner that does what is written, and nothing else. */
const spec: Quirks = {
  plainToken: false,
  trailingSlash: false,
  patchTerminals: false,
  putTerminals: false,
  acceptsTerminalPatch: true,
  maxPriceAsPreauthorization: false,
  paymentsIn221: false,
  pricesOf221In230: false,
  vatWhenUnstated: null,
  zeroCdrWhenNeverStarted: false,
  invoiceCreator: 'CPO',
  negatePartialCosts: false,
  pullOnly: false,
  requiresPayments: false,
};

/** A payment terminal provider that came from 2.2.1 with the Payments draft on top and PATCHes terminals at the CPO. */
const payter: Quirks = {
  ...spec,
  patchTerminals: true,
  putTerminals: true,
  maxPriceAsPreauthorization: true,
  paymentsIn221: true,
  zeroCdrWhenNeverStarted: true,
  requiresPayments: true,
};

/** Terminals behind an eMSP: one-time tokens travel in START_SESSION as anywhere, and there is no Payments module. */
const emspAdhoc: Quirks = { ...spec, zeroCdrWhenNeverStarted: true };

export const PROFILES: Readonly<Record<ProfileName, PartnerProfile>> = {
  payter: { name: 'payter', quirks: payter },
  spec: { name: 'spec', quirks: spec },
  'emsp-adhoc': { name: 'emsp-adhoc', quirks: emspAdhoc },
};

/** The profile with the partner's own settings over its defaults. */
export function profileOf(name: ProfileName, overrides: QuirkOverrides = {}): PartnerProfile {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  return { name, quirks: { ...PROFILES[name].quirks, ...given } };
}

/**
 * The settings in effect for a partner as it is stored: its profile, an unknown one being `spec`, with its own over it.
 * `overrides` was checked by `quirkOverridesSchema` when it was stored.
 */
export function effectiveQuirks(profile: string, overrides: Readonly<Record<string, unknown>>): Readonly<Quirks> {
  const name = PROFILE_NAMES.find((known) => known === profile) ?? 'spec';
  return profileOf(name, overrides as QuirkOverrides).quirks;
}
