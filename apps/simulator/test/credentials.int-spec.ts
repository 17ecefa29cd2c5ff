import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureRegistered } from '../src/index.js';
import { callOcpi } from '../src/wire/ocpi-client.js';
import { type Playing, startPlaying } from './playing.js';

/** Long enough for a test to see it, short enough to wait for its end. */
const GRACE_MS = 300;

describe('the credentials of the PTP', () => {
  let playing: Playing;
  beforeEach(async () => {
    playing = await startPlaying({ parts: ['ptp'], ptp: { tokenGraceMs: GRACE_MS } });
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
    expect((await read(first)).statusCode).toBe(1000);
    // Asked again and again, until its grace has passed.
    while ((await read(first)).httpStatus !== 401) expect((await read(second)).statusCode).toBe(1000);
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

  it('moves to another version and to other endpoints, and takes what was on its way', async () => {
    const { ptp } = playing.simulator;
    ptp.credentials.offerVersions(['2.2.1']);
    await ensureRegistered(playing.simulator, '2.2.1');
    const before = ptp.url;
    expect((await callOcpi({ method: 'GET', url: `${before}/2.3.0`, token: playing.platform.tokenB })).httpStatus).toBe(
      404,
    );

    ptp.credentials.offerVersions(['2.2.1', '2.3.0']);
    ptp.moveEndpoints('elsewhere');
    expect((await ptp.credentials.rotate('2.3.0')).version).toBe('2.3.0');

    expect(ptp.url).toBe(`${before}/elsewhere`);
    expect((await playing.platform.call('GET', playing.platform.module('tokens'))).statusCode).toBe(1000);
    const gone = await callOcpi({ method: 'GET', url: `${before}/2.3.0/tokens`, token: playing.platform.tokenB });
    expect(gone.httpStatus).toBe(404);
    expect(ptp.log.complaints).toEqual([]);
  });

  it.each([
    ['other-version', /"version":"2\.0"/],
    ['flood', /^\{"status_code":1000,"data":\[ {1000}/],
  ] as const)('answers with %s when it is told to', async (kind, text) => {
    await ensureRegistered(playing.simulator, '2.3.0');
    playing.simulator.misbehaviours.add({ kind, route: 'details' });
    const url = `${playing.simulator.ptp.url}/2.3.0`;
    // 50 MB take a while where much else is done.
    const { raw } = await callOcpi({ method: 'GET', url, token: playing.platform.tokenB, timeoutMs: 60_000 });
    expect(raw).toMatch(text);
    expect(raw.length).toBeGreaterThan(kind === 'flood' ? 50_000_000 : 100);
  });

  it('never answers when it is told to hang', async () => {
    await ensureRegistered(playing.simulator, '2.3.0');
    playing.simulator.misbehaviours.add({ kind: 'hang', route: 'versions' });
    const { versionsUrl: url } = playing.simulator.ptp.credentials;
    const call = callOcpi({ method: 'GET', url, token: playing.platform.tokenB, timeoutMs: 100 });
    await expect(call).rejects.toThrow('cannot be reached');
  });
});
