import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { PartnerState } from '@voltap/contracts/events';
import { Clock, Ids, type Party, sameParty, VoltapError } from '@voltap/kernel';
import type { Terminal, TerminalActivation } from '@voltap/ocpi/model';
import { effectiveQuirks } from '@voltap/ocpi/profiles';
import { Database } from '@voltap/platform/persistence';
import type { Activation } from '../domain/activation.js';
import { type PaymentsConfig, paymentsConfig } from '../payments.config.js';
import { ActivationRepository, type StoredActivation } from '../store/activation-repository.js';
import { Projections } from '../store/projections.js';
import { type StoredTerminal, TerminalRepository } from '../store/terminal-repository.js';
import { KnownPlaces, type Places } from './known-places.js';
import { PartnerTerminals } from './partner-terminals.js';
import { ReceiveTerminal } from './receive-terminal.js';
import { TellTerminal } from './tell-terminal.js';

export interface ActivationWish extends Places {
  readonly reference: string;
  /** Whose terminal it is to be; needed where the partner has several parties of ours. */
  readonly party?: Party | undefined;
  /** Of those that are agreed; needed where there are several. */
  readonly customer_reference?: string | undefined;
}

/**
 * The operator has a terminal set up that is built into a station (PAY-46): written down first, then sent to the PTP. The
 * PTP then tells of the terminal, which is known by its reference (PAY-47); one that we know already is read back. What the
 * PTP could not be told stays pending and is tried again; what it refuses is shown with its reason.
 */
@Injectable()
export class ActivateTerminal {
  constructor(
    private readonly database: Database,
    private readonly activations: ActivationRepository,
    private readonly terminals: TerminalRepository,
    private readonly projections: Projections,
    private readonly knownPlaces: KnownPlaces,
    private readonly partnerTerminals: PartnerTerminals,
    private readonly receiveTerminal: ReceiveTerminal,
    private readonly tellTerminal: TellTerminal,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @Inject(paymentsConfig.token) private readonly config: PaymentsConfig,
  ) {}

  /**
   * @throws VoltapError not_found, conflict (the partner is not registered, the terminal is just being deactivated),
   *   missing_endpoints, invalid_parameter naming the field.
   */
  async execute(partnerId: string, wish: ActivationWish): Promise<StoredActivation> {
    const partner = await this.providerOf(partnerId);
    const { country_code, party_id } = partyFor(wish, partner);
    const customer_reference = customerReferenceFor(wish, partner);
    await this.knownPlaces.check(partner.parties, wish);
    await this.database.transaction(async (transaction) => {
      const terminal = await this.terminals.lockByReference(transaction, partnerId, wish.reference);
      if (terminal?.content.deactivation?.state === 'PENDING') {
        throw new VoltapError(
          'conflict',
          `Terminal ${terminal.content.terminal.terminal_id} is being deactivated: wait until its provider has decided.`,
        );
      }
      const before = await this.activations.lock(transaction, partnerId, wish.reference);
      const activation: Activation = {
        reference: wish.reference,
        state: 'PENDING',
        requestId: this.ids.next(),
        country_code,
        party_id,
        customer_reference,
        location_ids: wish.location_ids,
        evse_uids: wish.evse_uids,
        receiptSecret:
          terminal?.content.receiptSecret ?? before?.content.receiptSecret ?? randomBytes(18).toString('base64url'),
        terminalId: terminal?.content.terminal.terminal_id ?? null,
        requestedAt: this.clock.now().toISOString(),
        acceptedAt: null,
        confirmedAt: null,
        problem: null,
      };
      await this.activations.write(transaction, partnerId, activation);
      if (terminal !== null) await this.putIntoUse(transaction, partnerId, terminal);
    });
    return this.bring(partnerId, wish.reference);
  }

  /** Brings a pending activation to the PTP, and reads the terminal back where it is known. @returns it as it stands then. */
  async bring(partnerId: string, reference: string): Promise<StoredActivation> {
    const stored = await this.existing(partnerId, reference);
    const { state, requestId, terminalId } = stored.content;
    if (state === 'PENDING') {
      const outcome = await this.bringToPartner(partnerId, stored.content);
      const settled = await this.change(partnerId, reference, (current) =>
        current.requestId === requestId ? { ...current, ...outcome } : { ...current, state: 'PENDING' },
      );
      // A newer wish came meanwhile. Which of both reached the PTP last is unknown, so the newer one is brought again.
      if (settled.content.requestId !== requestId) return this.bring(partnerId, reference);
      return settled.content.state === 'ACCEPTED' && settled.content.terminalId !== null
        ? this.readBack(partnerId, settled.content, settled.content.terminalId)
        : settled;
    }
    return state === 'ACCEPTED' && terminalId !== null ? this.readBack(partnerId, stored.content, terminalId) : stored;
  }

  /** Forgets an activation; of the PTP nothing is asked. @throws VoltapError not_found; conflict once it is confirmed. */
  async withdraw(partnerId: string, reference: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const current = await this.activations.lock(transaction, partnerId, reference);
      if (current === null) throw unknownActivation(partnerId, reference);
      if (current.content.state === 'CONFIRMED') {
        throw new VoltapError(
          'conflict',
          `${reference} is activated: deactivate terminal ${current.content.terminalId ?? ''} instead.`,
        );
      }
      await this.activations.remove(transaction, partnerId, reference);
    });
  }

  private async bringToPartner(partnerId: string, activation: Activation): Promise<Partial<Activation>> {
    const sent = await this.partnerTerminals.activate(partnerId, await this.orderOf(partnerId, activation));
    if (sent.outcome === 'unreachable') return { state: 'PENDING', problem: sent.reason };
    if (sent.outcome === 'refused') return { state: 'REFUSED', problem: sent.reason };
    return { state: 'ACCEPTED', acceptedAt: this.clock.now().toISOString(), problem: null };
  }

  /** What of the terminal is known before it is (PAY-46). */
  private async orderOf(partnerId: string, activation: Activation): Promise<TerminalActivation> {
    const { country_code, party_id, reference, customer_reference, location_ids, evse_uids, terminalId } = activation;
    const partner = await this.projections.partner(partnerId);
    const { invoiceCreator } = effectiveQuirks(partner?.profile ?? 'spec', partner?.settings ?? {});
    const [place, ...others] = await this.projections.served(partner?.parties ?? [], activation);
    return {
      ...(terminalId === null ? {} : { terminal_id: terminalId }),
      reference,
      ...(customer_reference === null ? {} : { customer_reference }),
      country_code,
      party_id,
      ...(place === undefined || others.length > 0 ? {} : addressOf(place)),
      location_ids: [...location_ids],
      evse_uids: [...evse_uids],
      invoice_base_url: `${this.config.VOLTAP_PUBLIC_URL}/receipts/${activation.receiptSecret}`,
      invoice_creator: invoiceCreator,
      last_updated: this.clock.now().toISOString(),
    };
  }

  /** What the PTP holds counts as told by it: a terminal with the reference confirms the activation. */
  private async readBack(partnerId: string, activation: Activation, terminalId: string): Promise<StoredActivation> {
    const { reference, requestId } = activation;
    const askedAt = this.clock.now();
    const read = await this.partnerTerminals.readIfThere(partnerId, terminalId);
    if (read.outcome === 'success' && read.value !== null) {
      await this.receiveTerminal.execute(partnerId, read.value, 'whole', askedAt);
      const after = await this.existing(partnerId, reference);
      if (after.content.state !== 'ACCEPTED' || read.value.reference?.toUpperCase() === reference.toUpperCase())
        return after;
    }
    const problem = whyNotConfirmed(read.outcome === 'success' ? read.value : read.reason, terminalId);
    return this.change(partnerId, reference, (current) =>
      current.requestId === requestId && current.state === 'ACCEPTED' ? { ...current, problem } : current,
    );
  }

  private async putIntoUse(
    transaction: Parameters<TerminalRepository['write']>[0],
    partnerId: string,
    { content }: StoredTerminal,
  ): Promise<void> {
    if ((content.deactivation ?? null) === null) return;
    const stored = await this.terminals.write(transaction, partnerId, { ...content, deactivation: null });
    await this.tellTerminal.execute(transaction, partnerId, stored);
  }

  private async change(
    partnerId: string,
    reference: string,
    change: (current: Activation) => Activation,
  ): Promise<StoredActivation> {
    return this.database.transaction(async (transaction) => {
      const current = await this.activations.lock(transaction, partnerId, reference);
      if (current === null) throw unknownActivation(partnerId, reference);
      const changed = change(current.content);
      return changed === current.content ? current : this.activations.write(transaction, partnerId, changed);
    });
  }

  private async existing(partnerId: string, reference: string): Promise<StoredActivation> {
    const stored = await this.activations.find(partnerId, reference);
    if (stored === null) throw unknownActivation(partnerId, reference);
    return stored;
  }

  private async providerOf(partnerId: string): Promise<PartnerState> {
    const partner = await this.projections.partner(partnerId);
    if (partner === null) throw new VoltapError('not_found', `There is no partner ${partnerId}.`);
    if (partner.status !== 'REGISTERED') {
      throw new VoltapError(
        'conflict',
        `Partner ${partnerId} is ${partner.status}: terminals are activated at one that is REGISTERED.`,
      );
    }
    const offered = partner.endpoints.some(({ identifier, role }) => identifier === 'payments' && role === 'SENDER');
    if (!offered) {
      throw new VoltapError(
        'missing_endpoints',
        `Partner ${partnerId} offers no payments SENDER in OCPI ${partner.version}: terminals cannot be activated there. Upgrade the connection, or have the provider offer it.`,
      );
    }
    return partner;
  }
}

/** A place says where its terminal is. */
function addressOf({ address, city, postal_code, state, country, coordinates }: Location): Partial<Terminal> {
  return {
    address,
    city,
    ...(postal_code === undefined ? {} : { postal_code }),
    ...(state === undefined ? {} : { state }),
    country,
    coordinates,
  };
}

type Location = Awaited<ReturnType<Projections['served']>>[number];

function partyFor({ party }: ActivationWish, { partnerId, parties }: PartnerState): Party {
  const [only, ...others] = parties;
  if (party === undefined) {
    if (only !== undefined && others.length === 0) return only;
    throw wrong('/party', `is needed: partner ${partnerId} serves several of ours`);
  }
  const found = parties.find((each) => sameParty(each, party));
  if (found === undefined) {
    throw wrong('/party', `${party.country_code}*${party.party_id} is none of ours that partner ${partnerId} serves`);
  }
  return found;
}

function customerReferenceFor(
  { customer_reference }: ActivationWish,
  { customerReferences }: PartnerState,
): string | null {
  const [only, ...others] = customerReferences;
  if (customer_reference === undefined) {
    if (others.length > 0) throw wrong('/customer_reference', `is needed, one of ${customerReferences.join(', ')}`);
    return only ?? null;
  }
  const agreed = customerReferences.find((each) => each.toUpperCase() === customer_reference.toUpperCase());
  if (agreed === undefined) {
    const known = customerReferences.length === 0 ? 'none is' : customerReferences.join(', ');
    throw wrong('/customer_reference', `is not agreed with this partner; agreed: ${known}`);
  }
  return agreed;
}

function wrong(pointer: string, message: string): VoltapError {
  return new VoltapError('invalid_parameter', `${pointer}: ${message}.`, { violations: [{ pointer, message }] });
}

function whyNotConfirmed(held: Terminal | null | string, terminalId: string): string {
  if (typeof held === 'string') return `The terminal cannot be read back: ${held}`;
  if (held === null) return `The terminal provider accepted the activation but has no terminal ${terminalId}.`;
  return `The terminal provider accepted the activation but holds ${held.reference ?? 'no reference'} as that of terminal ${terminalId}.`;
}

function unknownActivation(partnerId: string, reference: string): VoltapError {
  return new VoltapError('not_found', `Nobody had ${reference} activated at partner ${partnerId}.`);
}
