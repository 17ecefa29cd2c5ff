import { Logger } from '@nestjs/common';
import { ERROR_CATALOGUE, VoltapError } from '@voltap/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EndpointRow } from '../endpoints/index.js';
import type { ObjectName } from '../model/index.js';
import {
  envelopeText,
  HEADERS,
  idHeaders,
  idsOf,
  joinUrl,
  nextLink,
  nextPageUrl,
  type Routing,
  routingHeaders,
  swapped,
  violationsText,
} from '../transport/index.js';
import { downgrade, isIdentical } from '../versions/index.js';
import { isCreated, isHeaded, isPage, isText, type OcpiPage } from './answers.js';
import { type PartnerCaller, quirksOf } from './caller.js';
import type { ReadRequest } from './request.js';
import { methodsAt } from './routes.js';

const logger = new Logger('OCPI');
const JSON_TYPE = 'application/json; charset=utf-8';

/** The body of a successful answer; headers and status are set on the reply. */
export function answerText(
  row: EndpointRow,
  request: ReadRequest,
  reply: FastifyReply,
  answer: unknown,
  now: Date,
): string {
  reply.header('content-type', JSON_TYPE);
  reply.headers({ ...idHeaders(request.ids), ...routingHeaders(swapped(request.routing)) });
  if (isHeaded(answer)) {
    reply.headers(answer.headers);
    return answerText(row, request, reply, answer.value, now);
  }
  if (isPage(answer)) return envelopeText(now, pageText(row, request, reply, answer));
  reply.status(isCreated(answer) ? 201 : 200);
  if (isCreated(answer) && answer.location !== undefined) reply.header(HEADERS.location, answer.location);
  const value = isCreated(answer) ? answer.value : answer;
  return envelopeText(now, objectText(row.objects.response, request, value));
}

/** JSON of one object in the version of the partner; undefined when there is none. */
function objectText(object: ObjectName | undefined, request: ReadRequest, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (isText(value) && isIdentical(object, request.version, request.quirks)) return value.text;
  const canonical: unknown = isText(value) ? JSON.parse(value.text) : value;
  const wire = onTheWire(object, request, canonical);
  if (wire === undefined) {
    throw new VoltapError('not_found', `The object cannot be expressed in OCPI ${request.version}`);
  }
  return JSON.stringify(wire);
}

function pageText(row: EndpointRow, request: ReadRequest, reply: FastifyReply, page: OcpiPage<unknown>): string {
  const query = request.page;
  if (query === undefined) throw new Error(`${row.id} answered a page but its row is not paginated`);
  const { items } = page;
  const count = 'texts' in items ? items.texts.length : items.length;
  reply.header(HEADERS.totalCount, page.total).header(HEADERS.limit, query.maximum);
  if (page.cursor !== undefined) {
    const listUrl = joinUrl(request.caller.publicUrl, `/ocpi/cpo/${request.version}/${row.module}${row.path}`);
    reply.header(HEADERS.link, nextLink(nextPageUrl(listUrl, query, count, page.cursor)));
  }
  if ('texts' in items && isIdentical(row.objects.response, request.version, request.quirks)) {
    return `[${items.texts.join(',')}]`;
  }
  const values = 'texts' in items ? items.texts.map((text): unknown => JSON.parse(text)) : items;
  const wire = values.map((value) => onTheWire(row.objects.response, request, value));
  return JSON.stringify(wire.filter((value) => value !== undefined));
}

function onTheWire(object: ObjectName | undefined, request: ReadRequest, value: unknown): unknown {
  const converted = downgrade(object, request.version, value, request.quirks);
  if (converted.value === undefined) {
    const { id, uid } = value as { id?: unknown; uid?: unknown };
    const reasons = converted.losses.map(({ pointer, reason }) => `${pointer || '(whole)'}: ${reason}`).join('; ');
    logger.warn(
      `${object} ${String(id ?? uid)} is withheld from partner ${request.caller.partnerId}: ` +
        `OCPI ${request.version} cannot express it (${reasons})`,
    );
  }
  return converted.value;
}

/**
 * Sends what went wrong as an envelope. Errors that are not ours are 3000 inside HTTP 200 (ENV-12) and logged.
 * `routing` is that of the request, as far as it was read.
 */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  now: Date,
  routing: Routing = {},
): void {
  const known = error instanceof VoltapError ? error : undefined;
  const { ocpi, ocpiHttp } = known?.entry ?? ERROR_CATALOGUE.internal;
  const ids = idsOf(request.headers);
  if (known === undefined || known.code === 'internal') {
    const reason = error instanceof Error ? error.message : String(error);
    logger.error(
      `${request.method} ${request.routeOptions.url} failed (correlation ${ids.correlationId}): ${reason}`,
      error instanceof Error ? error.stack : undefined,
    );
  }
  if (known?.code === 'method_not_allowed') {
    // What is refused here and now is not among what is allowed, as POST to somebody who is registered (CRED-06).
    const caller = (request as { voltapCaller?: PartnerCaller }).voltapCaller;
    const allowed = methodsAt(request.url, caller?.kind === 'partner' ? quirksOf(caller) : undefined);
    reply.header('allow', allowed.filter((method) => method !== request.method).join(', '));
  }
  (request as { ocpiStatusCode?: number }).ocpiStatusCode = ocpi;
  const message = known ? violationsText(known.message, known.violations) : 'The request failed on our side';
  reply
    .status(ocpiHttp)
    .headers({ ...idHeaders(ids), ...routingHeaders(swapped(routing)) })
    .header('content-type', JSON_TYPE)
    .send(envelopeText(now, undefined, ocpi, message));
}
