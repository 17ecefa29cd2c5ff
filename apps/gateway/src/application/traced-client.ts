import { type AnswerOf, type CallOptions, type CallResult, OcpiClient, type PreparedCall } from '@voltap/ocpi/client';
import type { EndpointRow } from '@voltap/ocpi/endpoints';
import { childSpan } from '@voltap/platform/telemetry';

/** Calls partners; each call is a part of the step that makes it, under the name that OCPI gives it. Nothing of it is sent along. */
export class TracedOcpiClient extends OcpiClient {
  override sendPrepared<Row extends EndpointRow>(
    row: Row,
    prepared: PreparedCall,
    options: CallOptions,
  ): Promise<CallResult<AnswerOf<Row>>> {
    const attributes = { 'http.request.method': prepared.method, 'voltap.operation': row.id };
    return childSpan(row.id, { sort: 'out', attributes }, async (span) => {
      const result = await super.sendPrepared(row, prepared, options);
      span.set({ 'voltap.outcome': result.outcome });
      if (result.outcome === 'withheld') return result;
      const { requestId, correlationId } = result.exchange;
      span.set({ 'voltap.request_id': requestId, 'voltap.correlation_id': correlationId });
      if (result.outcome !== 'unreachable') {
        span.set({ 'http.response.status_code': result.httpStatus });
        if (result.statusCode !== undefined) span.set({ 'voltap.ocpi.status_code': result.statusCode });
      }
      if (result.outcome !== 'success') span.fail(result.outcome === 'refused' ? 'refused' : result.reason);
      return result;
    });
  }
}
