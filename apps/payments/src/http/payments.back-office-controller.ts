import { Controller, Inject } from '@nestjs/common';
import {
  type ConfirmationView,
  type LegalEntity,
  type PullView,
  paymentsEndpoints,
  type Receipt,
  type ReconciliationView,
  type SilentTerminalView,
  type TerminalView,
} from '@voltap/contracts/back-office';
import { Clock, decimal, partyKey, VoltapError } from '@voltap/kernel';
import { PullSchedule } from '@voltap/platform/pulling';
import {
  decodeCursor,
  decodePosition,
  encodeCursor,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { z } from 'zod';
import { AssignTerminal } from '../application/assign-terminal.js';
import { DeactivateTerminal } from '../application/deactivate-terminal.js';
import { JudgeReadiness, type Readiness } from '../application/judge-readiness.js';
import { NameBuyer } from '../application/name-buyer.js';
import type { PullSummary } from '../application/pull-from-partner.js';
import { ReadReceipt } from '../application/read-receipt.js';
import { WriteOff } from '../application/write-off.js';
import { acceptedAtOf, billedOf } from '../domain/facts.js';
import { ownerOf, type TerminalRecord } from '../domain/terminal.js';
import { PartnerPulls } from '../jobs/partner-pulls.js';
import { type PaymentsConfig, paymentsConfig } from '../payments.config.js';
import { ConfirmationRepository } from '../store/confirmation-repository.js';
import { LegalEntityRepository } from '../store/legal-entity-repository.js';
import { Projections } from '../store/projections.js';
import {
  ReconciliationRepository,
  type ReconciliationRow,
  type ReconciliationSummary,
} from '../store/reconciliation-repository.js';
import { SilentTerminals } from '../store/silent-terminals.js';
import { type StoredTerminal, TerminalRepository } from '../store/terminal-repository.js';

interface Page<Item> {
  readonly items: Item[];
  readonly next: string | null;
}

const positionSchema = z.object({ updatedAt: z.iso.datetime(), partnerId: z.string(), reference: z.string() });

/** Terminals, money and receipts, for the operator. */
@Controller()
export class PaymentsBackOfficeController {
  constructor(
    private readonly assignTerminal: AssignTerminal,
    private readonly deactivateTerminal: DeactivateTerminal,
    private readonly partnerPulls: PartnerPulls,
    private readonly pullSchedule: PullSchedule,
    private readonly readReceipt: ReadReceipt,
    private readonly judgeReadiness: JudgeReadiness,
    private readonly nameBuyer: NameBuyer,
    private readonly writeOff: WriteOff,
    private readonly terminals: TerminalRepository,
    private readonly silentTerminals: SilentTerminals,
    private readonly confirmations: ConfirmationRepository,
    private readonly reconciliations: ReconciliationRepository,
    private readonly legalEntities: LegalEntityRepository,
    private readonly projections: Projections,
    private readonly clock: Clock,
    @Inject(paymentsConfig.token) private readonly config: PaymentsConfig,
  ) {}

  @RestEndpoint(paymentsEndpoints.listTerminals)
  async listTerminals(
    @RestRequest() { query }: RestRequestOf<typeof paymentsEndpoints.listTerminals>,
  ): Promise<Page<TerminalView>> {
    const { items, next } = await this.terminals.list({
      scopes: await this.terminals.partners(),
      limit: query.limit,
      position: decodeCursor(query.cursor),
    });
    const views = await Promise.all(items.map((stored) => this.viewOf(stored)));
    return { items: views, next: next === null ? null : encodeCursor(next) };
  }

  @RestEndpoint(paymentsEndpoints.readTerminal)
  async readTerminal(
    @RestRequest() { params }: RestRequestOf<typeof paymentsEndpoints.readTerminal>,
  ): Promise<TerminalView> {
    const id = pathParameter(params, 'terminalId');
    const stored = await this.terminals.find(pathParameter(params, 'partnerId'), id);
    if (stored === null) throw new VoltapError('not_found', `There is no terminal ${id} of this partner.`);
    return this.viewOf(stored);
  }

  @RestEndpoint(paymentsEndpoints.readiness)
  readiness(@RestRequest() { params }: RestRequestOf<typeof paymentsEndpoints.readiness>): Promise<Readiness> {
    return this.judgeReadiness.execute(pathParameter(params, 'partnerId'), pathParameter(params, 'terminalId'));
  }

  @RestEndpoint(paymentsEndpoints.assignTerminal)
  async assign(
    @RestRequest() { params, body }: RestRequestOf<typeof paymentsEndpoints.assignTerminal>,
  ): Promise<TerminalView> {
    const partnerId = pathParameter(params, 'partnerId');
    return this.viewOf(await this.assignTerminal.execute(partnerId, pathParameter(params, 'terminalId'), body));
  }

  @RestEndpoint(paymentsEndpoints.deactivateTerminal)
  async deactivate(
    @RestRequest() { params }: RestRequestOf<typeof paymentsEndpoints.deactivateTerminal>,
  ): Promise<TerminalView> {
    const partnerId = pathParameter(params, 'partnerId');
    return this.viewOf(await this.deactivateTerminal.execute(partnerId, pathParameter(params, 'terminalId')));
  }

  @RestEndpoint(paymentsEndpoints.pull)
  pull(@RestRequest() { params }: RestRequestOf<typeof paymentsEndpoints.pull>): Promise<PullSummary> {
    return this.partnerPulls.now(pathParameter(params, 'partnerId'));
  }

  @RestEndpoint(paymentsEndpoints.listPulls)
  async listPulls(): Promise<{ items: PullView[] }> {
    const records = await this.pullSchedule.records();
    return {
      items: records.map(({ source, remarks, ...record }) => ({ partnerId: source, remarks: [...remarks], ...record })),
    };
  }

  @RestEndpoint(paymentsEndpoints.listSilentTerminals)
  async listSilentTerminals(): Promise<{ items: SilentTerminalView[] }> {
    return { items: await this.silentTerminals.list() };
  }

  @RestEndpoint(paymentsEndpoints.listConfirmations)
  async listConfirmations(
    @RestRequest() { query }: RestRequestOf<typeof paymentsEndpoints.listConfirmations>,
  ): Promise<Page<ConfirmationView>> {
    const { items, next } = await this.confirmations.list({
      scopes: await this.confirmations.partners(),
      limit: query.limit,
      position: decodeCursor(query.cursor),
    });
    return {
      items: items.map(({ scope, revision, content }) => ({ partnerId: scope, revision, confirmation: content })),
      next: next === null ? null : encodeCursor(next),
    };
  }

  @RestEndpoint(paymentsEndpoints.listReconciliation)
  async listReconciliation(
    @RestRequest() { query }: RestRequestOf<typeof paymentsEndpoints.listReconciliation>,
  ): Promise<Page<ReconciliationView>> {
    const { limit, cursor, overdue, terminal, ...search } = query;
    const rows = await this.reconciliations.list({
      ...search,
      limit: limit + 1,
      dueBefore: overdue === undefined ? undefined : this.clock.now(),
      served: terminal === undefined ? undefined : await this.terminals.served(terminal),
      before: decodePosition(positionSchema, cursor),
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { items: items.map(reconciliationView), next: more ? encodeCursor(positionOf(last)) : null };
  }

  @RestEndpoint(paymentsEndpoints.readReconciliation)
  async readReconciliation(
    @RestRequest() { params }: RestRequestOf<typeof paymentsEndpoints.readReconciliation>,
  ): Promise<ReconciliationView> {
    const reference = pathParameter(params, 'authorization_reference');
    const row = await this.reconciliations.find(reference);
    if (row === null) throw new VoltapError('not_found', `Nothing is known of a charge ${reference}.`);
    return reconciliationView(row);
  }

  @RestEndpoint(paymentsEndpoints.summariseReconciliation)
  async summary(): Promise<{ items: ReconciliationSummary[] }> {
    return { items: await this.reconciliations.summary(this.clock.now()) };
  }

  @RestEndpoint(paymentsEndpoints.writeOff)
  async writeOffCharge(
    @RestRequest() { params, body }: RestRequestOf<typeof paymentsEndpoints.writeOff>,
  ): Promise<ReconciliationView> {
    const { partnerId, ...decision } = body;
    const reference = pathParameter(params, 'authorization_reference');
    return reconciliationView(await this.writeOff.execute(reference, partnerId, decision));
  }

  @RestEndpoint(paymentsEndpoints.reopen)
  async reopen(
    @RestRequest() { params, body }: RestRequestOf<typeof paymentsEndpoints.reopen>,
  ): Promise<ReconciliationView> {
    const reference = pathParameter(params, 'authorization_reference');
    return reconciliationView(await this.writeOff.reopen(reference, body.partnerId));
  }

  @RestEndpoint(paymentsEndpoints.readReceipt)
  async receipt(@RestRequest() { params }: RestRequestOf<typeof paymentsEndpoints.readReceipt>): Promise<Receipt> {
    const reference = pathParameter(params, 'authorization_reference');
    const receipt = await this.readReceipt.byReference(reference);
    if (receipt === null) throw new VoltapError('not_found', `There is no receipt for ${reference} (yet).`);
    return receipt;
  }

  @RestEndpoint(paymentsEndpoints.putBuyer)
  async putBuyer(@RestRequest() { params, body }: RestRequestOf<typeof paymentsEndpoints.putBuyer>): Promise<Receipt> {
    return this.nameBuyer.execute(pathParameter(params, 'authorization_reference'), body);
  }

  @RestEndpoint(paymentsEndpoints.readLegalEntity)
  async legalEntity(
    @RestRequest() { params }: RestRequestOf<typeof paymentsEndpoints.readLegalEntity>,
  ): Promise<LegalEntity> {
    const party = partyKey(partyParameter(params));
    const entity = await this.legalEntities.find(party);
    if (entity === null) throw new VoltapError('not_found', `No legal entity is set for ${party}; PUT one.`);
    return entity;
  }

  @RestEndpoint(paymentsEndpoints.putLegalEntity)
  async putLegalEntity(
    @RestRequest() { params, body }: RestRequestOf<typeof paymentsEndpoints.putLegalEntity>,
  ): Promise<LegalEntity> {
    await this.legalEntities.put(partyKey(partyParameter(params)), body);
    return body;
  }

  private async viewOf({ scope: partnerId, content }: StoredTerminal): Promise<TerminalView> {
    const partner = await this.projections.partner(partnerId);
    const owner = partner === null ? null : ownerOf(content.terminal, partner);
    const { requestId: _, ...assignment } = content.assignment;
    return {
      partnerId,
      terminal: content.terminal,
      party: owner === null ? null : { country_code: owner.country_code, party_id: owner.party_id },
      invoiceBaseUrl: `${this.config.VOLTAP_PUBLIC_URL}/receipts/${content.receiptSecret}`,
      missingSince: await this.terminals.missingSince(partnerId, content.terminal.terminal_id),
      assignment: { ...assignment, location_ids: [...assignment.location_ids], evse_uids: [...assignment.evse_uids] },
      deactivation: deactivationView(content),
    };
  }
}

function deactivationView({ deactivation = null }: TerminalRecord): TerminalView['deactivation'] {
  if (deactivation === null) return null;
  const { requestId: _, ...view } = deactivation;
  return view;
}

function positionOf(row: ReconciliationRow): object {
  return { updatedAt: row.updatedAt.toISOString(), partnerId: row.partnerId, reference: row.authorization_reference };
}

function reconciliationView({ facts, ...row }: ReconciliationRow): ReconciliationView {
  return {
    partnerId: row.partnerId,
    authorization_reference: row.authorization_reference,
    state: row.state,
    differences: [...row.differences],
    party: partyOfFacts(facts),
    commandId: facts.startResult?.commandId ?? facts.start?.commandId ?? null,
    startedAt: facts.start?.acceptedAt ?? null,
    startResult: facts.startResult?.result ?? null,
    sessionId: facts.session?.id ?? null,
    sessionStatus: facts.session?.status ?? null,
    cdrId: facts.cdr?.id ?? null,
    cdrTotal: billedOf(facts)?.toString() ?? null,
    cdrAcceptedAt: acceptedAtOf(facts),
    confirmationId: facts.confirmation?.id ?? null,
    captured: facts.confirmation?.captured ?? null,
    currency: facts.cdr?.currency ?? facts.confirmation?.currency ?? null,
    location_id: facts.session?.location_id ?? null,
    evse_uid: facts.session?.evse_uid ?? null,
    cardLastFour: [...(facts.confirmation?.cardLastFour ?? [])],
    paidOut: paidOutOf(facts),
    writtenOff: writtenOffOf(facts),
    dueAt: row.dueAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
  };
}

function partyOfFacts({ cdr, session, start }: ReconciliationRow['facts']): string | null {
  return cdr === null ? (session?.party ?? start?.party ?? null) : partyKey(cdr);
}

function paidOutOf({ payouts }: ReconciliationRow['facts']): string | null {
  if (payouts.length === 0) return null;
  return payouts.reduce((sum, { amount }) => sum.plus(amount), decimal(0)).toString();
}

function writtenOffOf({ writeOff }: ReconciliationRow['facts']): ReconciliationView['writtenOff'] {
  if (writeOff === null) return null;
  const { reason, by, at } = writeOff;
  return { reason, by, at };
}
