import { Inject, Injectable } from '@nestjs/common';
import { EgressClient, type EgressRequest, type EgressResult } from '@voltap/contracts/egress';
import { VoltapError } from '@voltap/kernel';
import type { AnswerOf } from '@voltap/ocpi/client';
import { credentials, type EndpointRow, versions } from '@voltap/ocpi/endpoints';
import type { Credentials, OcpiVersion, Version, VersionDetails } from '@voltap/ocpi/model';
import { SERVICE_ADDRESSES, type ServiceAddresses } from '@voltap/platform/bootstrap';
import { CALLER_HEADER, CallerSignature } from '@voltap/platform/security';
import { traceHeaders } from '@voltap/platform/telemetry';
import { brief } from '../domain/brief.js';
import type { RefusedAddress } from '../domain/partner-addresses.js';
import type { ExchangeCall } from '../domain/partner-event.js';

/** An answer of a partner that is no success, and whether the partner surely did nothing. */
export class PartnerSaidNo extends VoltapError {
  constructor(
    code: 'partner_refused' | 'partner_unreachable',
    message: string,
    /** False when nobody can know: no answer came, or none that can be read. */
    readonly nothingDone: boolean,
    options: ConstructorParameters<typeof VoltapError>[2] = {},
  ) {
    super(code, message, options);
  }
}

/** Opens conversations with partners, through the gateway. */
@Injectable()
export class PartnerApi {
  private readonly egress: EgressClient;

  constructor(@Inject(SERVICE_ADDRESSES) addresses: ServiceAddresses, signature: CallerSignature) {
    const { gateway } = addresses;
    if (gateway === undefined) throw new Error('the address of the gateway is not configured');
    this.egress = new EgressClient({
      gatewayUrl: gateway,
      headers: { [CALLER_HEADER]: signature.sign({ kind: 'service', service: 'credentials' }) },
      headersOfCall: traceHeaders,
    });
  }

  /** @param token in clear, as the partner gave it. */
  converse(partnerId: string, token: string): PartnerConversation {
    return new PartnerConversation(this.egress, partnerId, token);
  }
}

/** The calls of one exchange, each remembered for the history. */
export class PartnerConversation {
  readonly calls: ExchangeCall[] = [];

  constructor(
    private readonly egress: EgressClient,
    private readonly partnerId: string,
    private readonly token: string,
  ) {}

  /** @throws PartnerSaidNo partner_unreachable on anything but a usable answer. */
  async versions(url: string, version: OcpiVersion, signal: AbortSignal): Promise<readonly Version[]> {
    return this.ask(versions.list, { url, version }, 'versions', signal);
  }

  /** @throws PartnerSaidNo partner_unreachable on anything but a usable answer. */
  async versionDetails(url: string, version: OcpiVersion, signal: AbortSignal): Promise<VersionDetails> {
    return this.ask(versions.details, { url, version }, 'version details', signal);
  }

  /** POST or PUT of our credentials. @throws PartnerSaidNo. */
  async exchange(
    method: 'POST' | 'PUT',
    url: string,
    version: OcpiVersion,
    body: Credentials,
    timeoutMs: number,
  ): Promise<Credentials> {
    const row = method === 'POST' ? credentials.post : credentials.put;
    const answer = await this.call(row, { url, version, body, timeoutMs }, `${method} credentials`);
    if (answer.outcome === 'success') return answer.value;
    throw sayingNo(answer, `${method} credentials`);
  }

  /** DELETE of the credentials. @throws PartnerSaidNo. */
  async unregister(url: string, version: OcpiVersion, timeoutMs: number): Promise<void> {
    const answer = await this.call(credentials.delete, { url, version, timeoutMs }, 'DELETE credentials');
    if (answer.outcome !== 'success') throw sayingNo(answer, 'DELETE credentials');
  }

  /** Which addresses the gateway would not call. */
  refusedAddresses(urls: readonly string[]): Promise<readonly RefusedAddress[]> {
    return this.egress.refusedAddresses(urls);
  }

  private async ask<Row extends EndpointRow>(
    row: Row,
    input: Omit<EgressRequest, 'endpoint' | 'partnerId' | 'token'>,
    what: string,
    signal: AbortSignal,
  ): Promise<AnswerOf<Row>> {
    const answer = await this.call(row, input, what, signal).catch((cause: unknown) => {
      if (!signal.aborted) throw cause;
      this.calls.push({ ...NOT_SENT, what, url: String(input.url), error: 'no answer in time' });
      throw new PartnerSaidNo('partner_unreachable', `The ${what} did not answer in time`, true, { cause });
    });
    if (answer.outcome === 'success') return answer.value;
    const said = sayingNo(answer, what);
    throw new PartnerSaidNo('partner_unreachable', said.message, true, { violations: said.violations });
  }

  private async call<Row extends EndpointRow>(
    row: Row,
    input: Omit<EgressRequest, 'endpoint' | 'partnerId' | 'token'>,
    what: string,
    signal?: AbortSignal,
  ): Promise<EgressResult<AnswerOf<Row>>> {
    const request = { ...input, partnerId: this.partnerId, token: this.token };
    const answer = await this.egress.call(row, request, signal);
    this.calls.push(remembered(answer, what, String(input.url)));
    return answer;
  }
}

const NOT_SENT = { requestId: null, httpStatus: null, statusCode: null, error: null } as const;

function remembered(answer: EgressResult, what: string, url: string): ExchangeCall {
  if (answer.outcome === 'withheld') return { ...NOT_SENT, what, url, error: 'cannot be said in this version' };
  return {
    what,
    url,
    requestId: answer.requestId ?? null,
    httpStatus: 'httpStatus' in answer ? answer.httpStatus : null,
    statusCode: 'statusCode' in answer ? (answer.statusCode ?? null) : null,
    error:
      answer.outcome === 'unreachable'
        ? answer.message
        : answer.outcome === 'refused'
          ? brief(answer.statusMessage ?? 'refused')
          : null,
  };
}

function sayingNo(answer: Exclude<EgressResult, { outcome: 'success' }>, what: string): PartnerSaidNo {
  switch (answer.outcome) {
    case 'withheld':
      throw new Error(`${what} was withheld: ${answer.losses.map(({ reason }) => reason).join('; ')}`);
    case 'unreachable':
      return new PartnerSaidNo(
        'partner_unreachable',
        `The ${what} cannot be reached: ${answer.message}`,
        answer.reason === 'blocked',
      );
    case 'refused': {
      const { httpStatus, statusCode, statusMessage, violations } = answer;
      const redirect = httpStatus >= 300 && httpStatus < 400 ? '; redirects are not followed' : '';
      const code = statusCode === undefined ? '' : ` with status ${statusCode}`;
      const said = statusMessage === undefined || statusMessage === '' ? '' : `: ${brief(statusMessage)}`;
      // A success that cannot be read may have been one; so may what a proxy on the way answered.
      const agreed = statusCode !== undefined && statusCode >= 1000 && statusCode < 2000 && httpStatus < 300;
      const nothingDone = !agreed && httpStatus < 500 && (statusCode !== undefined || httpStatus >= 300);
      return new PartnerSaidNo(
        nothingDone ? 'partner_refused' : 'partner_unreachable',
        `The ${what} answered HTTP ${httpStatus}${code}${said}${redirect}`,
        nothingDone,
        { violations },
      );
    }
  }
}
