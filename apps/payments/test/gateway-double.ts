import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EgressRequest, EgressResult } from '@voltap/contracts/egress';
import type { FieldViolation } from '@voltap/kernel';
import type { Terminal } from '@voltap/ocpi/model';
import { aTerminal } from '@voltap/ocpi/testkit';

/** The private listener of the gateway, which answers each call by what stands at the partner. */
export class GatewayDouble {
  readonly calls: EgressRequest[] = [];
  /** What the partner does with a call; a test sets it. */
  answer: (call: EgressRequest) => EgressResult | Promise<EgressResult> = () => unreachable;
  private readonly server = createServer((request, response) => {
    void bodyOf(request).then(async (text) => {
      const call = JSON.parse(text) as EgressRequest;
      this.calls.push(call);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(await this.answer(call)));
    });
  });

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const unreachable: EgressResult = {
  outcome: 'unreachable',
  reason: 'timeout',
  message: 'no answer within 10 s',
  retryable: true,
};

export const refused: EgressResult = {
  outcome: 'refused',
  httpStatus: 200,
  statusCode: 2001,
  statusMessage: 'no such place',
  retryable: false,
  violations: [],
};

export const missing: EgressResult = {
  outcome: 'refused',
  httpStatus: 404,
  statusCode: 2000,
  statusMessage: 'not found',
  retryable: false,
  violations: [],
};

export function success(value?: unknown): EgressResult {
  return { outcome: 'success', httpStatus: 200, statusCode: 1000, value };
}

/** A page of a list by its number, from 1; `of` is how many pages there are. */
export function page(
  value: readonly unknown[],
  number: number,
  of: number,
  more: { readonly totalCount?: number; readonly violations?: readonly FieldViolation[] } = {},
): EgressResult {
  const url = (wanted: number) => `https://ptp.example/list?offset=${wanted}`;
  const next = number < of ? { next: url(number + 1) } : {};
  return { outcome: 'success', httpStatus: 200, statusCode: 1000, value, url: url(number), ...next, ...more };
}

/** Which page of a list is asked for, from 1. */
export function pageNumber({ url }: EgressRequest): number {
  return url === undefined ? 1 : Number(new URL(url).searchParams.get('offset'));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** A partner that does what it is told of one terminal, and shows it. */
export function obedient(): { terminal: Partial<Terminal>; answer: (call: EgressRequest) => EgressResult } {
  const partner = {
    terminal: {} as Partial<Terminal>,
    answer: ({ endpoint, body }: EgressRequest): EgressResult => {
      if (endpoint.endsWith('getTerminal')) return success({ ...aTerminal(), ...partner.terminal });
      partner.terminal = { ...partner.terminal, ...(body as Partial<Terminal>) };
      return success();
    },
  };
  return partner;
}
