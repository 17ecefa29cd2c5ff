import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { EgressRequest, EgressResult } from '@voltap/contracts/egress';

/** The egress of the gateway, with a partner behind it that answers as a test says. */
export interface GatewayDouble {
  readonly url: string;
  readonly calls: EgressRequest[];
  answer: (call: EgressRequest) => EgressResult;
  close(): Promise<void>;
}

export async function gatewayDouble(): Promise<GatewayDouble> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const call = JSON.parse(body) as EgressRequest;
      double.calls.push(call);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(double.answer(call)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const double: GatewayDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    answer: () => ({ outcome: 'unreachable', reason: 'timeout', message: 'no answer', retryable: true }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return double;
}
