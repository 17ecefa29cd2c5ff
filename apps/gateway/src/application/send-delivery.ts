import { Inject, Injectable } from '@nestjs/common';
import { Clock, VoltapError } from '@voltap/kernel';
import {
  LOGGER,
  type Logger,
  Metrics,
  noteCharge,
  notePartner,
  type OpenSpan,
  Tracing,
} from '@voltap/platform/telemetry';
import { askedPauseMs, isExact, judge, type Patience } from '../domain/delivery.js';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import type { ClaimedDelivery, Delivery, Settlement } from '../store/delivery-rows.js';
import { type DirectoryEntry, PartnerDirectory } from '../store/partner-directory.js';
import { PartnerConnections } from './partner-connections.js';
import { outcomeOf } from './read-outcome.js';
import { type Said, SayToPartner } from './say-to-partner.js';

const HOUR_MS = 60 * 60_000;
const LARGEST_CODE = 2 ** 31 - 1;

/** One attempt of one delivery. What becomes of it is a value; a fault of ours holds up this object only. */
@Injectable()
export class SendDelivery {
  private readonly patience: Patience;
  private readonly asked = new Map<string, Promise<DirectoryEntry | null>>();

  constructor(
    private readonly directory: PartnerDirectory,
    private readonly connections: PartnerConnections,
    private readonly sayToPartner: SayToPartner,
    private readonly clock: Clock,
    private readonly tracing: Tracing,
    private readonly metrics: Metrics,
    @Inject(gatewayConfig.token) config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.patience = patienceOf(config);
  }

  execute(delivery: ClaimedDelivery): Promise<Settlement> {
    const { kind, traceparent: causedBy, attempts } = delivery;
    const options = {
      causedBy,
      keep: isExact(kind) ? 'always' : undefined,
      attributes: { 'voltap.delivery.kind': kind, 'voltap.delivery.attempt': attempts },
    } as const;
    return this.tracing.step(`deliver ${kind}`, options, (span) => this.deliver(delivery, span));
  }

  private async deliver(delivery: ClaimedDelivery, span: OpenSpan): Promise<Settlement> {
    notePartner(delivery.partnerId);
    noteCharge(delivery.authorizationReference);
    const startedAt = this.clock.now();
    const began = performance.now();
    const said = await this.attempt(delivery);
    const outcome = outcomeOf(delivery.kind, delivery.prepared !== null, said);
    const tookMs = Math.round(performance.now() - began);
    // Others set the deadline, and other replicas claim: what time it is says the database, not this machine.
    const now = new Date(delivery.claimedAt.getTime() + tookMs);
    const verdict = judge(delivery, outcome, this.patience, now, Math.random());
    const result = 'result' in said ? said.result : undefined;
    const reason = outcome.outcome === 'accepted' ? null : outcome.reason;
    this.tell(delivery, verdict.state, reason);
    this.measure(delivery, outcome.outcome, said);
    const code = result !== undefined && 'statusCode' in result ? (result.statusCode ?? null) : null;
    return {
      delivery,
      state: verdict.state,
      retryInMs: verdict.state === 'PENDING' ? verdict.retryInMs : 0,
      yields: verdict.state === 'PENDING' && verdict.yields,
      pauseMs: askedPauseMs(outcome),
      location: outcome.outcome === 'accepted' ? outcome.location : null,
      reason,
      acknowledged: outcome.outcome === 'accepted' ? said.acknowledged : null,
      exchanges: said.exchanges,
      traceparent: span.traceparent,
      attempt: {
        at: startedAt,
        durationMs: tookMs,
        httpStatus: result !== undefined && 'httpStatus' in result ? result.httpStatus : null,
        // A partner may call anything a status code; what is none is seen in the exchange.
        statusCode: code !== null && Math.abs(code) <= LARGEST_CODE ? code : null,
        outcome: outcome.outcome,
        reason,
        requestId: said.exchanges.at(-1)?.requestId ?? null,
      },
    };
  }

  private measure({ partnerId, kind }: Delivery, outcome: string, { exchanges }: Said): void {
    const partner = { 'voltap.partner.id': partnerId };
    const attempt = { ...partner, 'voltap.delivery.kind': kind, 'voltap.outcome': outcome };
    this.metrics.count('voltap.deliveries.attempts', attempt);
    for (const { durationMs } of exchanges)
      this.metrics.record('http.client.request.duration', durationMs / 1000, partner);
  }

  private tell({ id, partnerId, kind }: Delivery, state: string, reason: string | null): void {
    const told = { deliveryId: id, partnerId, kind, reason };
    if (state === 'EXHAUSTED' && isExact(kind)) this.logger.error(told, 'a delivery was given up');
    else if (state === 'EXHAUSTED') this.logger.warn(told, 'a state is sent again when the partner answers');
    else if (state === 'REFUSED') this.logger.warn(told, 'a state is not taken by the partner');
  }

  private async attempt(delivery: ClaimedDelivery): Promise<Said> {
    try {
      return await this.say(delivery);
    } catch (error) {
      const unsaid = { exchanges: [], acknowledged: null };
      if (error instanceof VoltapError && error.code === 'missing_endpoints')
        return { impossible: error.message, ...unsaid };
      this.logger.error({ error, deliveryId: delivery.id }, 'a delivery broke on our side');
      return { broken: error instanceof Error ? error.message : String(error), ...unsaid };
    }
  }

  /** Deliveries that were claimed together ask once. */
  private entryOf(partnerId: string): Promise<DirectoryEntry | null> {
    let asked = this.asked.get(partnerId);
    if (asked === undefined) {
      asked = this.directory.find(partnerId);
      this.asked.set(partnerId, asked);
      queueMicrotask(() => this.asked.delete(partnerId));
    }
    return asked;
  }

  private async say(delivery: ClaimedDelivery): Promise<Said> {
    const unsaid = { exchanges: [], acknowledged: null };
    // Whoever asked has stopped waiting, and may have let the driver's money go (CMD-04).
    if (delivery.deadline !== null && delivery.deadline < delivery.claimedAt)
      return { impossible: 'the deadline has passed', ...unsaid };
    const entry = await this.entryOf(delivery.partnerId);
    if (entry === null) return { postponed: 'the partner is not known', ...unsaid };
    const connection = this.connections.of(entry.partner, partyOf(delivery));
    if (connection === null || entry.partner.status !== 'REGISTERED')
      return { postponed: `the partner is ${entry.partner.status}`, ...unsaid };
    return this.sayToPartner.execute(delivery, connection);
  }
}

function patienceOf(config: GatewayConfig): Patience {
  const first = config.VOLTAP_GATEWAY_RETRY_MS;
  const refused = config.VOLTAP_GATEWAY_REFUSED_RETRY_MS;
  return {
    firstPauseMs: first,
    // In the ratio of the defaults, half a second to a minute, a quarter of an hour and five seconds.
    longestPauseMs: { state: first * 120, cdr: first * 1_800, result: first * 10 },
    refusedPauseMs: refused,
    longestRefusedPauseMs: refused * 480,
    giveUpMs: {
      state: config.VOLTAP_GATEWAY_STATE_HOURS * HOUR_MS,
      cdr: config.VOLTAP_GATEWAY_CDR_DAYS * 24 * HOUR_MS,
      result: config.VOLTAP_GATEWAY_RESULT_MINUTES * 60_000,
    },
  };
}

function partyOf({ content }: Delivery): { country_code: string; party_id: string } {
  switch (content.kind) {
    case 'location':
      return content.location;
    case 'session':
      return content.session;
    case 'cdr':
      return content.cdr;
    case 'tariff':
      return 'deleted' in content ? content.deleted : content.tariff;
    default:
      return content;
  }
}
