import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EgressClient } from '@voltap/contracts/egress';
import { payments } from '@voltap/ocpi/endpoints';
import { GatewayBench } from './gateway-bench.js';
import { envelope } from './service-double.js';

const pathOf = (name: string) => fileURLToPath(new URL(`../../../libs/ocpi/test/fixtures/${name}`, import.meta.url));
const fixture = (name: string) => readFileSync(pathOf(name), 'utf8');

describe('a partner that is called by TLS', () => {
  let bench: GatewayBench;
  let partner: Server;
  const remaining = async () => {
    const metrics = await (await fetch(`${bench.service.url}/metrics`)).text();
    const [, value] =
      /^voltap_partners_certificate_remaining\{[^}]*voltap_partner_id="payter"[^}]*\} (\S+)/m.exec(metrics) ?? [];
    return value === undefined ? undefined : Number(value);
  };

  beforeAll(async () => {
    partner = createServer({ key: fixture('loopback.key.pem'), cert: fixture('loopback.pem') }, (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(envelope([]))),
    );
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
    bench = await GatewayBench.start({
      VOLTAP_EGRESS_ALLOW_INSECURE: 'true',
      VOLTAP_EGRESS_CA_FILE: pathOf('private-ca.pem'),
    });
    const url = `https://127.0.0.1:${(partner.address() as AddressInfo).port}/ptp/payments`;
    const endpoints = [{ identifier: 'payments', role: 'SENDER' as const, url }];
    await bench.admit(bench.partner('payter', { endpoints, outboundToken: bench.seal('token-for-payter') }));
  });

  afterAll(async () => {
    await bench?.close();
    partner?.closeAllConnections();
    await new Promise((resolve) => partner.close(resolve));
  });

  it('is believed by the authority of the operator, and its certificate is watched', async () => {
    expect(await remaining()).toBeUndefined();
    const headers = bench.platform.callerHeaders({ kind: 'service', service: 'payments' });
    const egress = new EgressClient({ gatewayUrl: bench.service.url, headers });
    const result = await egress.call(payments.sender.listTerminals, { partnerId: 'payter', query: {} });
    expect(result).toMatchObject({ outcome: 'success', value: [] });
    const { validToDate } = new X509Certificate(fixture('loopback.pem'));
    const seconds = await remaining();
    expect(Math.abs(Number(seconds) - (validToDate.getTime() - Date.now()) / 1_000)).toBeLessThan(60);
  });
});
