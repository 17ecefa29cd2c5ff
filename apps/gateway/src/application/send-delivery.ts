import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import {
  type CallResult,
  OcpiClient,
  type PartnerConnection,
  type PreparedCall,
  prepareCall,
} from '@voltap/ocpi/client';
import { type EndpointRow, endpoints } from '@voltap/ocpi/endpoints';
import type { Location, Session } from '@voltap/ocpi/model';
import { CorrelationStore } from '@voltap/platform/correlation';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { type AttemptOutcome, isExact, judge } from '../domain/delivery.js';
import { sessionDifference } from '../domain/session-difference.js';
import { CallbackRepository } from '../store/callbacks.js';
import {
  type ClaimedDelivery,
  type Delivery,
  DeliveryRepository,
  type Settlement,
} from '../store/delivery-repository.js';
import { PartnerDirectory } from '../store/partner-directory.js';
import { PartnerConnections } from './partner-connections.js';

const TIMEOUT_MS = 15_000;

interface Call {
  readonly row: EndpointRow;
  readonly prepared: PreparedCall;
}

type Attempted =
  | { readonly result: CallResult<unknown>; readonly acknowledged: Session | null }
  | { readonly impossible: string }
  /** Not now: the partner is not connected. */
  | { readonly postponed: string };

/** One attempt of one delivery. What the partner does is a value; only a fault of ours throws. */
@Injectable()
export class SendDelivery {
  constructor(
    private readonly directory: PartnerDirectory,
    private readonly connections: PartnerConnections,
    private readonly deliveries: DeliveryRepository,
    private readonly callbacks: CallbackRepository,
    private readonly correlation: CorrelationStore,
    private readonly client: OcpiClient,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async execute(delivery: ClaimedDelivery): Promise<Settlement> {
    const startedAt = this.clock.now();
    const began = performance.now();
    const attempted = await this.attempt(delivery);
    const outcome = outcomeOf(delivery, attempted);
    const tookMs = Math.round(performance.now() - began);
    // Others set the deadline, and other replicas claim: what time it is says the database, not this machine.
    const verdict = judge(delivery, outcome, new Date(delivery.claimedAt.getTime() + tookMs), Math.random());
    const result = 'result' in attempted ? attempted.result : undefined;
    const reason = outcome.outcome === 'accepted' ? null : outcome.reason;
    if (verdict.state === 'EXHAUSTED' && isExact(delivery.kind)) {
      this.logger.error(
        { deliveryId: delivery.id, partnerId: delivery.partnerId, kind: delivery.kind, reason },
        'a delivery was given up',
      );
    }
    return {
      delivery,
      state: verdict.state,
      retryInMs: verdict.state === 'PENDING' ? verdict.retryInMs : 0,
      pauseMs: outcome.outcome === 'refused' ? (outcome.retryAfterMs ?? 0) : 0,
      location: outcome.outcome === 'accepted' ? outcome.location : null,
      reason,
      acknowledged: outcome.outcome === 'accepted' && 'acknowledged' in attempted ? attempted.acknowledged : null,
      attempt: {
        at: startedAt,
        durationMs: tookMs,
        httpStatus: result !== undefined && 'httpStatus' in result ? result.httpStatus : null,
        statusCode: result !== undefined && 'statusCode' in result ? (result.statusCode ?? null) : null,
        outcome: outcome.outcome,
        reason,
        requestId: result !== undefined && 'exchange' in result ? result.exchange.requestId : null,
      },
    };
  }

  private async attempt(delivery: Delivery): Promise<Attempted> {
    const entry = await this.directory.find(delivery.partnerId);
    if (entry === null) return { postponed: 'the partner is not known' };
    const connection = this.connections.of(entry.partner, partyOf(delivery));
    if (connection === null || entry.partner.status !== 'REGISTERED')
      return { postponed: `the partner is ${entry.partner.status}` };
    try {
      if (delivery.content.kind === 'session')
        return await this.session(delivery, delivery.content.session, connection);
      const call = await this.prepare(delivery, connection);
      if ('impossible' in call) return call;
      return { result: await this.send(delivery, connection, call), acknowledged: null };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'missing_endpoints')
        return { impossible: error.message };
      throw error;
    }
  }

  /** First a PUT, then what changed since the partner's last acknowledgement; a PUT again where a PATCH is not taken. */
  private async session(delivery: Delivery, session: Session, connection: PartnerConnection): Promise<Attempted> {
    const params = { country_code: session.country_code, party_id: session.party_id, session_id: session.id };
    const receiver = endpoints.sessions.receiver;
    const known = await this.deliveries.acknowledgedSession(delivery.partnerId, delivery.objectKey);
    const patch = known === null ? null : sessionDifference(known, session);
    if (patch !== null) {
      const prepared = prepareCall(receiver.patch, { connection, params, body: patch });
      if (!('withheld' in prepared)) {
        if (patch.charging_periods !== undefined)
          await this.deliveries.doubtSession(delivery.partnerId, delivery.objectKey);
        const result = await this.send(delivery, connection, { row: receiver.patch, prepared });
        const mend = result.outcome === 'refused' && !result.retryable && result.httpStatus !== 401;
        if (!mend) return { result, acknowledged: session };
      }
    }
    const prepared = prepareCall(receiver.put, { connection, params, body: session });
    if ('withheld' in prepared) return { impossible: withheldReason(prepared.withheld) };
    return { result: await this.send(delivery, connection, { row: receiver.put, prepared }), acknowledged: session };
  }

  /** The bytes of money objects are kept before they leave: whoever repeats them, repeats these. */
  private async prepare(delivery: Delivery, connection: PartnerConnection): Promise<Call | { impossible: string }> {
    const call = await this.callOf(delivery, connection);
    if ('impossible' in call) return call;
    const { row, prepared } = call;
    if ('withheld' in prepared) return { impossible: withheldReason(prepared.withheld) };
    if (!isExact(delivery.kind)) return { row, prepared };
    // A partner that moved, perhaps to another version, gets the object anew.
    if (delivery.prepared?.url === prepared.url) return { row, prepared: delivery.prepared };
    await this.deliveries.keepPrepared(delivery.id, prepared);
    return { row, prepared };
  }

  private async callOf(
    delivery: Delivery,
    connection: PartnerConnection,
  ): Promise<{ row: EndpointRow; prepared: ReturnType<typeof prepareCall> } | { impossible: string }> {
    const { content } = delivery;
    const { locations, tariffs, cdrs, commands } = endpoints;
    switch (content.kind) {
      case 'location': {
        const { country_code, party_id, id } = content.location;
        const params = { country_code, party_id, location_id: id };
        const row = locations.receiver.put;
        const body = await this.withNewestStatuses(delivery, content.location);
        return { row, prepared: prepareCall(row, { connection, params, body }) };
      }
      case 'evse-status': {
        const { country_code, party_id, location_id, evse_uid, status, last_updated } = content;
        const params = { country_code, party_id, location_id, evse_uid };
        const row = locations.receiver.patchEvse;
        return { row, prepared: prepareCall(row, { connection, params, body: { status, last_updated } }) };
      }
      case 'tariff': {
        if ('deleted' in content) {
          const { country_code, party_id, id } = content.deleted;
          const row = tariffs.receiver.delete;
          return { row, prepared: prepareCall(row, { connection, params: { country_code, party_id, tariff_id: id } }) };
        }
        const { country_code, party_id, id } = content.tariff;
        const row = tariffs.receiver.put;
        const params = { country_code, party_id, tariff_id: id };
        return { row, prepared: prepareCall(row, { connection, params, body: content.tariff }) };
      }
      case 'cdr':
        return {
          row: cdrs.receiver.post,
          prepared: prepareCall(cdrs.receiver.post, { connection, body: content.cdr }),
        };
      case 'command-result': {
        const url = await this.responseUrl(content.correlationId, delivery.id);
        if (url === null) return { impossible: 'the response URL is not known (any more)' };
        const row = commands.sender.result;
        return { row, prepared: prepareCall(row, { connection, url, body: content.result }) };
      }
      default:
        throw new Error(`${delivery.kind} is sent another way`);
    }
  }

  /** A status may have been heard, and sent, before the older state of its location: the PUT must not undo it. */
  private async withNewestStatuses(delivery: Delivery, location: Location): Promise<Location> {
    const newer = await this.deliveries.newerStatuses(delivery.partnerId, delivery.orderKey, delivery.revision);
    if (newer.size === 0 || location.evses === undefined) return location;
    return { ...location, evses: location.evses.map((evse) => ({ ...evse, ...newer.get(evse.uid.toUpperCase()) })) };
  }

  /** The claim in the database decides who sends; the URL comes from the store, or from the durable copy when it is lost. */
  private async responseUrl(correlationId: string, owner: string): Promise<string | null> {
    const id = correlationId.replace(/^voltap:correlation:/, '');
    if (!(await this.callbacks.claim(id, owner))) return null;
    const fast = await this.correlation.find(id).catch((error: unknown) => {
      this.logger.warn({ error, correlationId }, 'the correlation store is away; the durable copy will do');
      return null;
    });
    return fast ?? (await this.callbacks.find(id))?.responseUrl ?? null;
  }

  private send(
    delivery: Delivery,
    connection: PartnerConnection,
    { row, prepared }: Call,
  ): Promise<CallResult<unknown>> {
    const ids = { correlationId: delivery.correlationId };
    return this.client.sendPrepared(row, prepared, { connection, ids, timeoutMs: TIMEOUT_MS });
  }
}

function outcomeOf(delivery: Delivery, attempted: Attempted): AttemptOutcome {
  if ('impossible' in attempted) return { outcome: 'impossible', reason: attempted.impossible };
  // Money waits for the partner to come back; a state is pulled, or followed by a newer one.
  if ('postponed' in attempted)
    return { outcome: isExact(delivery.kind) ? 'unanswered' : 'impossible', reason: attempted.postponed };
  const { result } = attempted;
  switch (result.outcome) {
    case 'success':
      return { outcome: 'accepted', location: result.location ?? null };
    case 'withheld':
      return { outcome: 'impossible', reason: withheldReason(result.losses) };
    case 'unreachable':
      return result.retryable
        ? { outcome: 'unanswered', reason: result.message }
        : { outcome: 'impossible', reason: result.message };
    case 'refused': {
      // A CDR that was accepted before its answer was lost is there already (CDR ids make it safe to repeat).
      if (delivery.kind === 'cdr' && delivery.attempts > 1 && isDuplicate(result))
        return { outcome: 'accepted', location: null };
      const { httpStatus, statusCode, statusMessage } = result;
      const code = statusCode === undefined ? '' : `, status ${statusCode}`;
      const reason = `HTTP ${httpStatus}${code}${statusMessage === undefined ? '' : `: ${statusMessage}`}`;
      // A dead token says nothing of the object: tokens may just have been exchanged, and the next attempt has the new one.
      const lasting = !result.retryable && httpStatus !== 401;
      return { outcome: 'refused', retryAfterMs: result.retryAfterMs ?? null, lasting, reason };
    }
  }
}

function isDuplicate({
  httpStatus,
  statusMessage,
}: {
  httpStatus: number;
  statusMessage: string | undefined;
}): boolean {
  return httpStatus === 409 || /duplicate|already (exists|known|received|stored)/i.test(statusMessage ?? '');
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

function withheldReason(losses: readonly { readonly pointer: string; readonly reason: string }[]): string {
  return `not expressible in the partner's version: ${losses.map(({ reason }) => reason).join('; ')}`;
}
