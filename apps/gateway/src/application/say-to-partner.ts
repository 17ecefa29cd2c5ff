import { Inject, Injectable } from '@nestjs/common';
import { withoutTariffs } from '@voltap/contracts/events';
import { sameJson } from '@voltap/kernel';
import {
  type CallResult,
  type Exchange,
  OcpiClient,
  type PartnerConnection,
  type PreparedCall,
  prepareCall,
  redactedUrl,
} from '@voltap/ocpi/client';
import { type EndpointRow, endpoints } from '@voltap/ocpi/endpoints';
import type { Cdr, Location, Session } from '@voltap/ocpi/model';
import { type DeliveryContent, isExact } from '../domain/delivery.js';
import { sessionDifference } from '../domain/session-difference.js';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { AcknowledgedSessions } from '../store/acknowledged-sessions.js';
import { DeliveryRepository } from '../store/delivery-repository.js';
import type { Delivery } from '../store/delivery-rows.js';
import { ToldState, tariffKey } from '../store/told-state.js';
import { FindResponseUrl } from './find-response-url.js';
import { type Attempted, isDuplicate, isLasting, mayBeMended, withheldReason } from './read-outcome.js';
import { withoutResponseUrl } from './without-response-url.js';

/** What a CDR that the partner shows must have in common with ours to be the same. */
const SAME_CDR = ['country_code', 'party_id', 'id', 'start_date_time', 'end_date_time', 'total_energy'] as const;

export type Said = Attempted & {
  readonly exchanges: readonly Exchange[];
  /** The session that the partner holds when it accepted. */
  readonly acknowledged: Session | null;
};

type Prepared = ReturnType<typeof prepareCall>;

/** Says to a partner what a delivery holds, in one request or, where the first way is not taken, in two. */
@Injectable()
export class SayToPartner {
  constructor(
    private readonly deliveries: DeliveryRepository,
    private readonly sessions: AcknowledgedSessions,
    private readonly told: ToldState,
    private readonly findResponseUrl: FindResponseUrl,
    private readonly client: OcpiClient,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
  ) {}

  async execute(delivery: Delivery, connection: PartnerConnection): Promise<Said> {
    const exchanges: Exchange[] = [];
    const send = async (row: EndpointRow, prepared: PreparedCall): Promise<CallResult<unknown>> => {
      const result = await this.client.sendPrepared(row, prepared, {
        connection,
        ids: { correlationId: delivery.correlationId },
        timeoutMs: this.config.VOLTAP_GATEWAY_PARTNER_TIMEOUT_MS,
      });
      if (result.outcome !== 'withheld') exchanges.push(result.exchange);
      return result;
    };
    const { content } = delivery;
    const attempted =
      content.kind === 'session'
        ? await this.session(delivery, content.session, connection, send)
        : content.kind === 'evse-status'
          ? await this.status(delivery, content, connection, send)
          : content.kind === 'cdr'
            ? await this.cdr(delivery, content.cdr, connection, send)
            : await this.once(delivery, await this.callOf(delivery, content, connection), send);
    const acknowledged = content.kind === 'session' ? content.session : null;
    if (content.kind === 'command-result') return { ...withoutResponseUrl(attempted, exchanges), acknowledged };
    const shown = exchanges.map((exchange) => ({ ...exchange, url: redactedUrl(exchange.url) }));
    return { ...attempted, exchanges: shown, acknowledged };
  }

  /** First a PUT, then what changed since the partner's last acknowledgement; a PUT again where a PATCH is not taken. */
  private async session(
    delivery: Delivery,
    session: Session,
    connection: PartnerConnection,
    send: Send,
  ): Promise<Attempted> {
    const params = { country_code: session.country_code, party_id: session.party_id, session_id: session.id };
    const receiver = endpoints.sessions.receiver;
    const known = await this.sessions.find(delivery.partnerId, delivery.objectKey);
    const patch = known === null ? null : sessionDifference(known, session);
    if (patch !== null) {
      const prepared = prepareCall(receiver.patch, { connection, params, body: patch });
      if (!('withheld' in prepared)) {
        if (patch.charging_periods !== undefined) await this.sessions.doubt(delivery.partnerId, delivery.objectKey);
        const result = await send(receiver.patch, prepared);
        if (!mayBeMended(result)) return { result };
      }
    }
    const row = receiver.put;
    return this.once(delivery, { row, prepared: prepareCall(row, { connection, params, body: session }) }, send);
  }

  /** A partner that does not know the EVSE is told the whole place. */
  private async status(
    delivery: Delivery,
    content: Extract<DeliveryContent, { kind: 'evse-status' }>,
    connection: PartnerConnection,
    send: Send,
  ): Promise<Attempted> {
    const { country_code, party_id, location_id, evse_uid, status, last_updated } = content;
    const params = { country_code, party_id, location_id, evse_uid };
    const { patchEvse, put } = endpoints.locations.receiver;
    const prepared = prepareCall(patchEvse, { connection, params, body: { status, last_updated } });
    const patched = await this.once(delivery, { row: patchEvse, prepared }, send);
    if (!('result' in patched) || !mayBeMended(patched.result)) return patched;
    const told = await this.told.location(delivery.orderKey.slice('location '.length));
    if (told === null) return patched;
    const body = await this.asSeen(delivery, told.content, told.revision);
    const whole = prepareCall(put, { connection, params: { country_code, party_id, location_id }, body });
    return 'withheld' in whole ? patched : { result: await send(put, whole) };
  }

  /** A CDR that is refused although, or since, the partner has it already was accepted when its answer was lost. */
  private async cdr(delivery: Delivery, cdr: Cdr, connection: PartnerConnection, send: Send): Promise<Attempted> {
    const { post, get } = endpoints.cdrs.receiver;
    const call = { row: post, prepared: prepareCall(post, { connection, body: cdr }) };
    const posted = await this.once(delivery, call, send);
    if (delivery.prepared === null || !('result' in posted)) return posted;
    const { result } = posted;
    if (result.outcome !== 'refused' || !isLasting(result) || isDuplicate(result)) return posted;
    const at = result.exchange.url;
    const places = [result.location, `${at.replace(/\/+$/, '')}/${encodeURIComponent(cdr.id)}`];
    for (const place of places) {
      // The token goes nowhere else than to the partner's endpoint.
      if (place === undefined || new URL(place).origin !== new URL(at).origin) continue;
      const read = await send(get, { method: 'GET', url: place, body: undefined, losses: [] });
      if (read.outcome !== 'success') continue;
      const found = read.value as Cdr;
      if (SAME_CDR.every((field) => sameJson(found[field], cdr[field])))
        return { result: { ...read, location: read.location ?? place } };
    }
    return posted;
  }

  /** The bytes of money objects are kept before they leave: whoever repeats them, repeats these. */
  private async once(
    delivery: Delivery,
    call: { readonly row: EndpointRow; readonly prepared: Prepared } | { readonly impossible: string },
    send: Send,
  ): Promise<Attempted> {
    if ('impossible' in call) return call;
    const { row, prepared } = call;
    if ('withheld' in prepared) return { impossible: withheldReason(prepared.withheld) };
    // A partner that moved, perhaps to another version, gets the object anew.
    const kept = delivery.prepared?.url === prepared.url ? delivery.prepared : null;
    if (isExact(delivery.kind) && kept === null) await this.deliveries.keepPrepared(delivery.id, prepared);
    return { result: await send(row, kept ?? prepared) };
  }

  private async callOf(
    delivery: Delivery,
    content: Exclude<DeliveryContent, { kind: 'session' | 'evse-status' | 'cdr' }>,
    connection: PartnerConnection,
  ): Promise<{ row: EndpointRow; prepared: Prepared } | { impossible: string }> {
    const { locations, tariffs, commands } = endpoints;
    switch (content.kind) {
      case 'location': {
        const { country_code, party_id, id } = content.location;
        const params = { country_code, party_id, location_id: id };
        const row = locations.receiver.put;
        const body = await this.asSeen(delivery, content.location, delivery.revision);
        return { row, prepared: prepareCall(row, { connection, params, body }) };
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
      case 'command-result': {
        const url = await this.findResponseUrl.execute(content.correlationId, delivery);
        if (url === null) return { impossible: 'the response URL is not known (any more)' };
        const row = commands.sender.result;
        return { row, prepared: prepareCall(row, { connection, url, body: content.result }) };
      }
    }
  }

  /** A place as it is now, with the tariffs that this partner sees. */
  private async asSeen(delivery: Delivery, location: Location, revision: number): Promise<Location> {
    const hidden = await this.told.hiddenFrom(delivery.partnerId);
    const seen = hidden.size === 0 ? location : withoutTariffs(location, (id) => hidden.has(tariffKey(location, id)));
    return this.withNewestStatuses(delivery, seen, revision);
  }

  /** A status may have been heard, and sent, before the older state of its location: the PUT must not undo it. */
  private async withNewestStatuses(delivery: Delivery, location: Location, revision: number): Promise<Location> {
    const newer = await this.deliveries.newerStatuses(delivery.partnerId, delivery.orderKey, revision);
    if (newer.size === 0 || location.evses === undefined) return location;
    const evses = location.evses.map((evse) => ({ ...evse, ...newer.get(evse.uid.toUpperCase()) }));
    // A place is as new as the newest of its parts (LOC-21).
    const last_updated = evses.reduce(
      (newest, evse) => (Date.parse(evse.last_updated) > Date.parse(newest) ? evse.last_updated : newest),
      location.last_updated,
    );
    return { ...location, evses, last_updated };
  }
}

type Send = (row: EndpointRow, prepared: PreparedCall) => Promise<CallResult<unknown>>;
