import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureRegistered } from '../src/index.js';
import { callOcpi } from '../src/wire/ocpi-client.js';
import { type Playing, startPlaying } from './playing.js';

describe('the credentials of the PTP', () => {
  let playing: Playing;
  beforeEach(async () => {
    playing = await startPlaying({ parts: ['ptp'] });
  });
  afterEach(() => playing.close());

  const credentialsUrl = () => `${playing.simulator.ptp.url}/2.3.0/credentials`;
  const read = (token: string) => callOcpi({ method: 'GET', url: credentialsUrl(), token });

  it('lets the platform start: Token A opens the exchange and is dead after it', async () => {
    const { ptp } = playing.simulator;
    const { token, versionsUrl } = ptp.credentials.offer();
    expect((await callOcpi({ method: 'GET', url: versionsUrl, token })).statusCode).toBe(1000);
    expect((await callOcpi({ method: 'GET', url: `${ptp.url}/2.3.0/locations`, token })).httpStatus).toBe(401);

    expect((await playing.platform.exchange('POST', credentialsUrl(), token)).statusCode).toBe(1000);
    expect((await read(token)).httpStatus).toBe(401);
    expect((await read(playing.platform.tokenB)).data).toMatchObject({ token: playing.platform.tokenB });
    expect((await ptp.mirror.crawl('locations')).received).toBe(40);
  });

  it('renews its token by PUT, refuses a second POST, and forgets everything by DELETE', async () => {
    await ensureRegistered(playing.simulator, '2.3.0');
    const first = playing.platform.tokenB;
    expect((await playing.platform.exchange('POST', credentialsUrl(), first)).httpStatus).toBe(405);
    expect((await playing.platform.exchange('PUT', credentialsUrl(), first)).statusCode).toBe(1000);
    const second = playing.platform.tokenB;
    expect(second).not.toBe(first);
    expect((await read(first)).httpStatus).toBe(401);
    expect((await callOcpi({ method: 'DELETE', url: credentialsUrl(), token: second })).statusCode).toBe(1000);
    expect((await read(second)).httpStatus).toBe(401);
    expect(playing.simulator.ptp.store.state.registration).toBeNull();
  });

  it('answers 3001 when the versions of the platform cannot be read, and stays registered as before', async () => {
    await ensureRegistered(playing.simulator, '2.3.0');
    const token = playing.platform.tokenB;
    const role = { role: 'CPO', country_code: 'DE', party_id: 'VLT', business_details: { name: 'Gone' } };
    const body = { token: 'x', url: 'http://127.0.0.1:1/versions', roles: [role] };
    expect((await callOcpi({ method: 'PUT', url: credentialsUrl(), token, body })).statusCode).toBe(3001);
    expect((await read(token)).statusCode).toBe(1000);
  });
});
