import { Inject, Injectable } from '@nestjs/common';
import { Clock, Ids, VoltapError } from '@voltap/kernel';
import type { Terminal } from '@voltap/ocpi/model';
import { effectiveQuirks } from '@voltap/ocpi/profiles';
import { Database } from '@voltap/platform/persistence';
import { type Assignment, isDeactivated, ownerOf, standsAt, type TerminalRecord } from '../domain/terminal.js';
import { type PaymentsConfig, paymentsConfig } from '../payments.config.js';
import { Projections } from '../store/projections.js';
import { type StoredTerminal, TerminalRepository } from '../store/terminal-repository.js';
import { KnownPlaces, type Places } from './known-places.js';
import { PartnerTerminals } from './partner-terminals.js';
import { TellTerminal } from './tell-terminal.js';

/**
 * The operator says which places a terminal serves: written down first, then sent to the PTP as the complete lists
 * (PAY-42..45), then read back and compared. What the PTP could not be told stays pending and is tried again; what it
 * refuses is shown with its reason (PAY-53).
 */
@Injectable()
export class AssignTerminal {
  constructor(
    private readonly database: Database,
    private readonly terminals: TerminalRepository,
    private readonly projections: Projections,
    private readonly knownPlaces: KnownPlaces,
    private readonly partnerTerminals: PartnerTerminals,
    private readonly tellTerminal: TellTerminal,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @Inject(paymentsConfig.token) private readonly config: PaymentsConfig,
  ) {}

  /** @throws VoltapError not_found, conflict (unclaimed, missing or deactivated terminal), invalid_parameter naming the unknown place. */
  async execute(partnerId: string, terminalId: string, places: Places): Promise<StoredTerminal> {
    await this.check(partnerId, terminalId, places);
    const requestId: string = this.ids.next();
    const requested: Assignment = {
      state: 'PENDING',
      requestId,
      location_ids: places.location_ids,
      evse_uids: places.evse_uids,
      requestedAt: this.clock.now().toISOString(),
      confirmedAt: null,
      problem: null,
    };
    await this.change(partnerId, terminalId, () => requested);
    return this.bring(partnerId, terminalId);
  }

  /** Brings a pending assignment to the PTP. @returns the terminal as it stands then. */
  async bring(partnerId: string, terminalId: string): Promise<StoredTerminal> {
    const stored = await this.existing(partnerId, terminalId);
    const { assignment } = stored.content;
    if (assignment.state !== 'PENDING') return stored;
    const outcome = await this.bringToPartner(partnerId, stored.content);
    const settled = await this.change(partnerId, terminalId, (current) =>
      current.requestId === assignment.requestId
        ? { ...current, ...outcome }
        : { ...current, state: 'PENDING', confirmedAt: null },
    );
    // A newer wish came meanwhile. Which of both reached the PTP last is unknown, so the newer one is brought again.
    return settled.content.assignment.requestId === assignment.requestId ? settled : this.bring(partnerId, terminalId);
  }

  private async bringToPartner(partnerId: string, record: TerminalRecord): Promise<Partial<Assignment>> {
    const { assignment, terminal } = record;
    const wanted: Terminal = {
      ...terminal,
      location_ids: [...assignment.location_ids],
      evse_uids: [...assignment.evse_uids],
      invoice_base_url: `${this.config.VOLTAP_PUBLIC_URL}/receipts/${record.receiptSecret}`,
      invoice_creator: terminal.invoice_creator ?? 'CPO',
      last_updated: this.clock.now().toISOString(),
    };
    const partner = await this.projections.partner(partnerId);
    const { acceptsTerminalPatch } = effectiveQuirks(partner?.profile ?? 'spec', partner?.settings ?? {});
    const sent = await this.partnerTerminals.assign(partnerId, wanted, acceptsTerminalPatch);
    if (sent.outcome === 'unreachable') return { state: 'PENDING', problem: sent.reason };
    if (sent.outcome === 'refused') return { state: 'REFUSED', problem: sent.reason };
    const read = await this.partnerTerminals.read(partnerId, terminal.terminal_id);
    if (read.outcome === 'unreachable') return { state: 'PENDING', problem: read.reason };
    if (read.outcome === 'refused') return { state: 'REFUSED', problem: `It cannot be read back: ${read.reason}` };
    if (standsAt(read.value, assignment)) {
      return { state: 'CONFIRMED', confirmedAt: this.clock.now().toISOString(), problem: null };
    }
    return { state: 'REFUSED', problem: 'The terminal provider accepted the assignment but holds another one.' };
  }

  private async check(partnerId: string, terminalId: string, places: Places): Promise<void> {
    const { content } = await this.existing(partnerId, terminalId);
    const partner = await this.projections.partner(partnerId);
    if (partner === null) throw new VoltapError('not_found', `There is no partner ${partnerId}.`);
    if (ownerOf(content.terminal, partner) === null) {
      const reference = content.terminal.customer_reference ?? 'none';
      throw new VoltapError(
        'conflict',
        `Terminal ${terminalId} is unclaimed: its customer reference (${reference}) is not agreed with this partner.`,
      );
    }
    const missingSince = await this.terminals.missingSince(partnerId, terminalId);
    if (missingSince !== null) {
      throw new VoltapError(
        'conflict',
        `Terminal ${terminalId} is out of use: its provider's list lacks it since ${missingSince}. Pull again when it is back.`,
      );
    }
    if (isDeactivated(content)) {
      throw new VoltapError(
        'conflict',
        `Terminal ${terminalId} is deactivated: activate it by its reference (${content.terminal.reference ?? 'it has none'}) first.`,
      );
    }
    await this.knownPlaces.check(partner.parties, places);
  }

  private async change(
    partnerId: string,
    terminalId: string,
    change: (current: Assignment) => Assignment,
  ): Promise<StoredTerminal> {
    return this.database.transaction(async (transaction) => {
      const current = await this.terminals.lock(transaction, partnerId, terminalId);
      if (current === null) throw new VoltapError('not_found', `There is no terminal ${terminalId}.`);
      const assignment = change(current.content.assignment);
      if (assignment === current.content.assignment) return current;
      const stored = await this.terminals.write(transaction, partnerId, { ...current.content, assignment });
      await this.tellTerminal.execute(transaction, partnerId, stored);
      return stored;
    });
  }

  private async existing(partnerId: string, terminalId: string): Promise<StoredTerminal> {
    const stored = await this.terminals.find(partnerId, terminalId);
    if (stored === null)
      throw new VoltapError('not_found', `There is no terminal ${terminalId} of partner ${partnerId}.`);
    return stored;
  }
}
