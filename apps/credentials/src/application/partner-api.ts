import { Inject, Injectable } from '@nestjs/common';
import { EgressClient } from '@voltap/contracts/egress';
import { VoltapError } from '@voltap/kernel';
import type { AnswerOf } from '@voltap/ocpi/client';
import { type EndpointRow, versions } from '@voltap/ocpi/endpoints';
import type { OcpiVersion, Version, VersionDetails } from '@voltap/ocpi/model';
import { SERVICE_ADDRESSES, type ServiceAddresses } from '@voltap/platform/bootstrap';
import { CALLER_HEADER, CallerSignature } from '@voltap/platform/security';

/** A question to a partner before anything is agreed with it. */
export interface PartnerQuestion {
  readonly partnerId: string;
  /** Absolute, as the partner gave it. */
  readonly url: string;
  /** Token B, in clear. */
  readonly token: string;
  readonly version: OcpiVersion;
  /** Given up when it is aborted. */
  readonly signal: AbortSignal;
}

/** The partner's configuration endpoints, read through the gateway. */
@Injectable()
export class PartnerApi {
  private readonly egress: EgressClient;

  constructor(@Inject(SERVICE_ADDRESSES) addresses: ServiceAddresses, signature: CallerSignature) {
    const { gateway } = addresses;
    if (gateway === undefined) throw new Error('the address of the gateway is not configured');
    this.egress = new EgressClient({
      gatewayUrl: gateway,
      headers: { [CALLER_HEADER]: signature.sign({ kind: 'service', service: 'credentials' }) },
    });
  }

  /** @throws VoltapError partner_unreachable on anything but a usable answer. */
  async versions(question: PartnerQuestion): Promise<readonly Version[]> {
    return this.ask(versions.list, question, 'versions endpoint');
  }

  /** @throws VoltapError partner_unreachable on anything but a usable answer. */
  async versionDetails(question: PartnerQuestion): Promise<VersionDetails> {
    return this.ask(versions.details, question, 'version details');
  }

  private async ask<Row extends EndpointRow>(
    row: Row,
    { signal, ...question }: PartnerQuestion,
    what: string,
  ): Promise<AnswerOf<Row>> {
    const answer = await this.egress.call(row, question, signal).catch((cause: unknown) => {
      if (!signal.aborted) throw cause;
      throw new VoltapError('partner_unreachable', `Your ${what} did not answer in time`, { cause });
    });
    switch (answer.outcome) {
      case 'success':
        return answer.value;
      case 'unreachable':
        throw new VoltapError('partner_unreachable', `Your ${what} cannot be reached: ${answer.message}`);
      case 'refused':
        throw new VoltapError(
          'partner_unreachable',
          `Your ${what} answered HTTP ${answer.httpStatus}${answer.statusCode === undefined ? '' : ` with status ${answer.statusCode}`}`,
          { violations: answer.violations },
        );
      case 'withheld':
        throw new Error(`a call without body was withheld: ${row.id}`);
    }
  }
}
