import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { partnerUpdated } from '@voltap/contracts/events';
import { type RunningService, startService } from '@voltap/platform/bootstrap';
import { Sealer } from '@voltap/platform/security';
import { type TestPlatform, testPlatform, waitUntil } from '@voltap/platform/testing';
import { credentials } from '../src/service.js';
import { GatewayDouble } from './fixtures/gateway-double.js';
import { PartnerServer } from './fixtures/partner-server.js';

const OLD = 'a secret for tests, long enough to be one';
const NEW = 'another secret for tests, as long as the first';

describe('the secret by which tokens are sealed', () => {
  let platform: TestPlatform;
  let gateway: GatewayDouble;
  let peer: PartnerServer;

  beforeAll(async () => {
    gateway = new GatewayDouble({ caller: OLD, sealing: OLD });
    await gateway.listen();
    platform = await testPlatform({ services: ['credentials'], addresses: { gateway: gateway.url } });
    peer = new PartnerServer();
    peer.token = 'token-a';
    peer.roles = [{ role: 'PTP', country_code: 'NL', party_id: 'SEA', business_details: { name: 'Sealed' } }];
    await peer.listen();
  });

  afterAll(async () => {
    await platform?.close();
    await gateway?.close();
    await peer?.close();
  });

  async function start(sealing: string): Promise<RunningService> {
    const secrets = { ...platform.platform.secrets, sealing };
    const service = await startService(credentials, { ...platform.platform, secrets }, { host: '127.0.0.1', port: 0 });
    gateway.serviceUrl = service.url;
    gateway.sealer = new Sealer(sealing);
    return service;
  }

  it('can be rotated: with both all tokens are sealed anew, and then the old one is not needed any more', async () => {
    const before = await start(OLD);
    const { body } = await gateway.operator('POST', '/partners', {
      name: 'Sealed',
      parties: [{ country_code: 'DE', party_id: 'VLT', name: 'Voltap' }],
    });
    const wish = { token: 'token-a', versionsUrl: peer.versionsUrl };
    expect((await gateway.operator('POST', `/partners/${body.id}/registration`, wish)).http).toBe(200);
    const token = peer.registered?.token ?? '';
    await before.stop();

    const seen = await platform.observe(partnerUpdated);
    const during = await start(`${NEW}|${OLD}`);
    const hash = new Sealer(NEW).hash(token);
    const told = await waitUntil(
      () => seen.find(({ payload }) => payload.inboundTokens.some((each) => each.hash === hash)),
      { describe: 'the new hash of the token to be told' },
    );
    expect(new Sealer(NEW).open(String(told.payload.outboundToken))).toBe('token-c-1');
    await during.stop();

    const after = await start(NEW);
    expect((await gateway.partner(token, 'GET', '/2.3.0/credentials')).data.token).toBe(token);
    expect((await gateway.operator('POST', `/partners/${body.id}/rotation`)).body.status).toBe('REGISTERED');
    expect(peer.calls.at(-1)).toEqual({ path: 'PUT /2.3.0/credentials', token: 'token-c-1' });
    await after.stop();
  });
});
