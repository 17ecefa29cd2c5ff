import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Cdr } from '@voltap/ocpi/model';
import { aCdr, aLocation, anEvse, aSession } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { DeliveryStage, told } from './delivery-stage.js';
import { type Behaviour, MisbehavingPartner } from './misbehaving-partner.js';

const answering = (status: number, body: object, headers: Record<string, string> = {}): Behaviour => {
  return (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
};

describe('deliveries of which something went wrong', () => {
  let stage: DeliveryStage;
  let partner: MisbehavingPartner;
  let revision = 0;
  let serial = 0;

  const id = (prefix: string) => `${prefix}${++serial}`;
  const tell = (changes: Parameters<DeliveryStage['partner']>[2] = {}) =>
    stage.tell(stage.partner(partner.url, ++revision, changes));
  const at = (path: string) => partner.objects.get(path);
  const arrived = (path: string) => waitUntil(() => at(path), { describe: `${path} at the partner` });
  /** Each of these answers once, to what goes to a path; then all is accepted. */
  const once = (path: string, ...answers: Behaviour[]) => {
    partner.behave = (request) => (request.path.startsWith(path) ? (answers.shift() ?? 'accept') : 'accept');
    return answers;
  };

  beforeAll(async () => {
    stage = await DeliveryStage.start();
    partner = await MisbehavingPartner.start();
  });
  beforeEach(async () => {
    partner.behave = () => 'accept';
    await tell();
    await stage.api('POST', '/delivery-queues/partner/resume');
    await stage.quiet();
  });
  afterAll(async () => {
    await stage?.close();
    await partner?.stop();
  });

  it.each(['page', 'empty', 'redirect', 'refuse', 'hang', 'drip'] as const)(
    'sends a state again that was answered with: %s (ENV-11, OFF-05)',
    async (behaviour) => {
      const name = id('T');
      once(`/tariffs/DE/VLT/${name}`, behaviour, behaviour);
      await stage.publish(told.tariff(name, 1));
      await stage.delivered(`tariff DE*VLT*${name}`, 'SUCCEEDED');
      expect(partner.of(`/tariffs/DE/VLT/${name}`)).toHaveLength(3);
    },
  );

  it.each([
    ['a Retry-After of years', () => answering(429, { status_code: 2000 }, { 'retry-after': '999999999' })],
    ['a status code beyond all numbers', () => answering(200, { status_code: 99_999_999_999 })],
    ['a message that no text can hold', () => answering(200, { status_code: 2000, status_message: 'a\u0000b' })],
  ])('is not stopped by %s', async (_, behaviour) => {
    const [name, other] = [id('T'), id('T')];
    once(`/tariffs/DE/VLT/${name}`, behaviour());
    await stage.publish(told.tariff(name, 1));
    await waitUntil(
      async () =>
        (await stage.list()).some(
          ({ objectKey, lastReason, state }) => objectKey.endsWith(`*${name}`) && (lastReason || state === 'SUCCEEDED'),
        ),
      { describe: 'the refusal to be written down, or overcome already' },
    );
    await stage.api('POST', '/delivery-queues/partner/resume');
    await stage.publish(told.tariff(other, 1));
    await arrived(`/tariffs/DE/VLT/${other}`);
    await arrived(`/tariffs/DE/VLT/${name}`);
  });

  it('sends once to an address that is no text', async () => {
    const name = id('T');
    const url = `${partner.url}/%E0%A4/tariffs`;
    await tell({ endpoints: [{ identifier: 'tariffs', role: 'RECEIVER', url }] });
    await stage.publish(told.tariff(name, 1));
    await stage.delivered(`tariff DE*VLT*${name}`, 'SUCCEEDED');
    expect(partner.received.filter(({ path }) => path.endsWith(name))).toHaveLength(1);
  });

  it('does not hold a status back behind a location that the partner refuses', async () => {
    const location = id('L');
    await stage.publish(told.location(aLocation({ id: location }), 1));
    await arrived(`/locations/DE/VLT/${location}`);
    const path = `/locations/DE/VLT/${location}`;
    partner.behave = ({ method }) => (method === 'PUT' ? 'refuse' : 'accept');
    await stage.publish(told.location(aLocation({ id: location, name: 'Renamed' }), 2));
    await waitUntil(() => partner.of(path).length > 1, { describe: 'the refusal' });
    await stage.publish(told.status(location, 'CHARGING', 3));
    await arrived(`${path}/E1`);
    partner.behave = () => 'accept';
    await waitUntil(() => at(path)?.name === 'Renamed', { describe: 'the location after all' });
    expect(at(path)).toMatchObject({ evses: [{ uid: 'E1', status: 'CHARGING' }] });
  });

  it.each([
    ['suspended', { status: 'SUSPENDED' }],
    ['unregistered', { status: 'UNREGISTERED' }],
  ] as const)('sends what changed while its partner was %s when it is back, each object once', async (_, away) => {
    const [changed, untouched, name] = [id('L'), id('L'), id('T')];
    const session = aSession({ id: id('S'), authorization_reference: id('R') });
    await stage.publish(
      told.location(aLocation({ id: changed }), 1),
      told.location(aLocation({ id: untouched }), 1),
      told.session(session, 1),
    );
    await arrived(`/locations/DE/VLT/${untouched}`);
    await arrived(`/sessions/DE/VLT/${session.id}`);
    await stage.quiet();
    await tell(away);
    const before = partner.received.length;
    const cdr = aCdr({ id: id('C'), session_id: session.id });
    await stage.publish(
      ...[2, 3, 4].map((number) => told.location(aLocation({ id: changed, name: `Name ${number}` }), number)),
      ...[5, 6].map((number) => told.status(changed, number === 5 ? 'CHARGING' : 'BLOCKED', number)),
      told.tariff(name, 1),
      told.session({ ...session, kwh: 20, status: 'COMPLETED' }, 2),
      told.cdr(cdr),
    );
    const waiting = async () => (await stage.list('state=PENDING')).map((one) => `${one.objectKey} ${one.revision}`);
    const all = [
      ...[`DE*VLT*${changed} 4`, `DE*VLT*${changed}*E1 6`, `tariff DE*VLT*${name} 1`],
      ...[`session DE*VLT*${session.id} 2`, `DE*VLT*${cdr.id} 1`],
    ];
    await waitUntil(async () => (await waiting()).filter((one) => all.includes(one)).length === all.length, {
      describe: 'all of it in line',
    });
    expect(partner.received).toHaveLength(before);
    await tell();
    await waitUntil(() => partner.cdrs.has(cdr.id), { describe: 'the CDR' });
    await arrived(`/tariffs/DE/VLT/${name}`);
    await stage.quiet();
    expect(at(`/sessions/DE/VLT/${session.id}`)).toMatchObject({ kwh: 20, status: 'COMPLETED' });
    expect(at(`/locations/DE/VLT/${changed}`)).toMatchObject({ name: 'Name 4' });
    expect(at(`/locations/DE/VLT/${changed}/E1`)).toMatchObject({ status: 'BLOCKED' });
    const since = partner.received.slice(before);
    expect(since.filter(({ path }) => path.includes(untouched))).toEqual([]);
    expect(since.filter(({ path }) => path.endsWith(changed))).toHaveLength(1);
    expect(await stage.delivered(`DE*VLT*${changed}`, 'SUCCEEDED')).toMatchObject({ resynced: true });
  });

  it('connects a partner of which only a replica without queues has heard', async () => {
    const name = id('T');
    // As the schema left it for a partner that registered in the middle of an upgrade.
    await stage.sql(`update partner_queue set connection = null, connection_revision = 0 where partner_id = 'partner'`);
    await stage.publish(told.tariff(name, 1));
    await arrived(`/tariffs/DE/VLT/${name}`);
    const [row] = await stage.sql<{ connection_revision: string }>(
      `select * from partner_queue where partner_id = 'partner'`,
    );
    expect(Number(row?.connection_revision)).toBe(revision);
  });

  it('sends what nobody answered for a day as soon as the partner answers (COO-01)', async () => {
    const [first, second, other] = [id('T'), id('T'), id('T')];
    partner.behave = () => 'dead';
    await stage.publish(told.tariff(first, 1), told.tariff(second, 1));
    for (const name of [first, second]) {
      await waitUntil(async () => (await stage.list()).some(({ objectKey }) => objectKey.endsWith(name)), {
        describe: 'it in line',
      });
      await stage.age(`tariff DE*VLT*${name}`, '25 hours');
      await stage.delivered(`tariff DE*VLT*${name}`, 'EXHAUSTED');
    }
    partner.behave = () => 'accept';
    await stage.publish(told.tariff(other, 1));
    await arrived(`/tariffs/DE/VLT/${first}`);
    await arrived(`/tariffs/DE/VLT/${second}`);
    await stage.quiet();
    expect(await stage.delivered(`tariff DE*VLT*${first}`, 'SUCCEEDED')).toMatchObject({ resynced: true });
  });

  it('asks a partner again for which states were given up, although nothing changes', async () => {
    const [first, second] = [id('T'), id('T')];
    partner.behave = () => 'dead';
    await stage.publish(told.tariff(first, 1), told.tariff(second, 1));
    for (const name of [first, second]) {
      await stage.delivered(`tariff DE*VLT*${name}`, 'PENDING');
      await stage.age(`tariff DE*VLT*${name}`, '25 hours');
      await stage.delivered(`tariff DE*VLT*${name}`, 'EXHAUSTED');
    }
    partner.behave = () => 'accept';
    // It looks once a minute, and when it starts.
    await stage.restart();
    await arrived(`/tariffs/DE/VLT/${first}`);
    await arrived(`/tariffs/DE/VLT/${second}`);
  });

  it('writes an attempt down once, although what is owed cannot be opened', async () => {
    const [first, second, third] = [id('T'), id('T'), id('T')];
    await stage.sql(`update partner_queue set resync_owed = true`);
    await stage.sql(`create function fail() returns trigger language plpgsql as 'begin raise exception ''no''; end'`);
    await stage.sql(`create trigger fail before update of resync_owed on partner_queue for each row
      when (not new.resync_owed) execute function fail()`);
    for (const name of [first, second]) {
      await stage.publish(told.tariff(name, 1));
      await stage.delivered(`tariff DE*VLT*${name}`, 'SUCCEEDED');
    }
    await stage.sql('drop function fail cascade');
    await stage.publish(told.tariff(third, 1));
    await waitUntil(async () => (await stage.sql('select 1 from partner_queue where resync_owed')).length === 0, {
      describe: 'nothing to be owed any more',
    });
    const { id: deliveryId } = await stage.delivered(`tariff DE*VLT*${first}`, 'SUCCEEDED');
    expect((await stage.details(deliveryId)).history.flatMap(({ exchanges }) => exchanges)).toHaveLength(1);
  });

  it('removes what was given up when something newer has been said, and keeps what is owed', async () => {
    const [overtaken, owed] = [id('T'), id('T')];
    await stage.publish(told.tariff(overtaken, 1), told.tariff(owed, 1));
    for (const name of [overtaken, owed]) await stage.delivered(`tariff DE*VLT*${name}`, 'SUCCEEDED');
    await stage.sql(
      `update delivery set state = 'EXHAUSTED', settled_at = now() - interval '31 days' where object_key = any($1)`,
      [[overtaken, owed].map((name) => `tariff DE*VLT*${name}`)],
    );
    await stage.publish(told.tariff(overtaken, 2));
    await stage.delivered(`tariff DE*VLT*${overtaken}`, 'SUCCEEDED');
    await stage.restart();
    const held = async (name: string) =>
      (await stage.list(`object=${name}`)).map(({ revision: number, state }) => `${number} ${state}`);
    await waitUntil(async () => (await held(overtaken)).length === 1, { describe: 'the older one to be gone' });
    expect(await held(overtaken)).toEqual(['2 SUCCEEDED']);
    expect(await held(owed)).toEqual(['1 EXHAUSTED']);
    await stage.sql('delete from delivery where object_key = $1', [`tariff DE*VLT*${owed}`]);
  });

  it('keeps the age of a state that changes while it waits', async () => {
    const name = id('T');
    partner.behave = () => 'dead';
    await stage.publish(told.tariff(name, 1));
    const mine = async () => (await stage.list('kind=tariff')).find(({ objectKey }) => objectKey.endsWith(name));
    const before = await waitUntil(mine, { describe: 'it in line' });
    await stage.publish(told.tariff(name, 2));
    const after = await waitUntil(async () => ((await mine())?.revision === 2 ? mine() : null), {
      describe: 'the newer one in its place',
    });
    expect(after.openedAt).toBe(before.openedAt);
  });

  it('keeps a CDR for a partner that is away for longer than a CDR is tried', async () => {
    await tell({ status: 'SUSPENDED' });
    const cdr = aCdr({ id: id('C'), session_id: undefined });
    const key = `DE*VLT*${cdr.id}`;
    const attempts = async () =>
      (await stage.list('kind=cdr')).find(({ objectKey }) => objectKey === key)?.attempts ?? 0;
    await stage.publish(told.cdr(cdr));
    await waitUntil(async () => (await attempts()) > 0, { describe: 'an attempt' });
    await stage.age(key, '8 days');
    await stage.sql('update delivery set next_attempt_at = now() where object_key = $1', [key]);
    await waitUntil(async () => (await attempts()) > 1, { describe: 'another attempt' });
    await stage.delivered(key, 'PENDING');
    await tell();
    await stage.delivered(key, 'SUCCEEDED');
  });

  it('tries a CDR that is sent again by hand as patiently as a new one', async () => {
    const cdr = aCdr({ id: id('C'), session_id: undefined });
    const key = `DE*VLT*${cdr.id}`;
    partner.behave = () => 'refuse';
    await stage.publish(told.cdr(cdr));
    await waitUntil(async () => (await stage.list('kind=cdr')).some(({ objectKey }) => objectKey === key), {
      describe: 'the CDR in line',
    });
    await stage.age(key, '8 days');
    const { id: deliveryId, attempts } = await stage.delivered(key, 'EXHAUSTED');
    expect((await stage.api('POST', `/deliveries/${deliveryId}/resend`)).status).toBe(200);
    await waitUntil(async () => (await stage.details(deliveryId)).attempts > attempts + 2, {
      describe: 'more than one further attempt',
    });
    partner.behave = () => 'accept';
    await stage.delivered(key, 'SUCCEEDED');
    expect(
      new Set(
        partner
          .of('/cdrs')
          .filter(({ body }) => body.includes(cdr.id))
          .map(({ body }) => body),
      ).size,
    ).toBe(1);
  });

  it('tells a partner the whole place when it does not know the EVSE (LOC-23, UPD-08)', async () => {
    const location = id('L');
    const path = `/locations/DE/VLT/${location}`;
    partner.behave = ({ method }) => (method === 'PATCH' && at(path) === undefined ? 'unknown' : 'accept');
    const busy = anEvse({ status: 'CHARGING' });
    await stage.publish(told.location(aLocation({ id: location, evses: [busy] }), 2, false));
    // Both are told on topics of their own; before the place is known to us, there is only the status to try.
    await stage.platform.settled();
    await stage.publish(told.status(location, 'CHARGING', 2));
    await arrived(path);
    expect(at(path)).toMatchObject({ id: location, evses: [{ uid: 'E1', status: 'CHARGING' }] });
    expect(partner.of(path).map(({ method }) => method)).toEqual(['PATCH', 'PUT']);
    const { id: deliveryId } = await stage.delivered(`DE*VLT*${location}*E1`, 'SUCCEEDED');
    const [attempt] = (await stage.details(deliveryId)).history;
    expect(attempt?.exchanges.map(({ method, httpStatus }) => [method, httpStatus])).toEqual([
      ['PATCH', 404],
      ['PUT', 200],
    ]);
  });

  it('sends a tariff before the location that names it, in whatever order they are heard (LOC-23)', async () => {
    const [location, name] = [id('L'), id('T')];
    const evse = anEvse({ connectors: anEvse().connectors.map((one) => ({ ...one, tariff_ids: [name] })) });
    await stage.publish(told.location(aLocation({ id: location, evses: [evse] }), 1));
    await waitUntil(async () => (await stage.list('kind=location&state=PENDING')).length > 0, {
      describe: 'the place',
    });
    expect(partner.of(`/locations/DE/VLT/${location}`)).toEqual([]);
    await stage.publish(told.tariff(name, 1));
    await arrived(`/locations/DE/VLT/${location}`);
    const paths = partner.received.map(({ path }) => path);
    expect(paths.indexOf(`/tariffs/DE/VLT/${name}`)).toBeGreaterThanOrEqual(0);
    expect(paths.indexOf(`/tariffs/DE/VLT/${name}`)).toBeLessThan(paths.indexOf(`/locations/DE/VLT/${location}`));
  });

  it('reads back a CDR whose answer was lost when its repetition is refused (CDR-01)', async () => {
    const cdr = aCdr({ id: id('C'), session_id: undefined });
    const posts = () => partner.of('/cdrs').filter(({ method, body }) => method === 'POST' && body.includes(cdr.id));
    partner.behave = ({ method, path }) => {
      if (method === 'GET' && path === `/cdrs/${cdr.id}`)
        return answering(200, { status_code: 1000, data: JSON.parse(partner.cdrs.get(cdr.id) ?? 'null') as Cdr });
      return posts().length === 1 ? 'cut' : answering(400, { status_code: 2001, status_message: 'No.' });
    };
    await stage.publish(told.cdr(cdr));
    const delivery = await stage.delivered(`DE*VLT*${cdr.id}`, 'SUCCEEDED');
    expect(delivery.location).toBe(`${partner.url}/cdrs/${cdr.id}`);
    expect(posts()).toHaveLength(2);
  });

  it('takes a duplicate for no acceptance of a CDR that was never sent (CDR-01)', async () => {
    await tell({ status: 'SUSPENDED' });
    const cdr = aCdr({ id: id('C'), session_id: undefined });
    await stage.publish(told.cdr(cdr));
    await waitUntil(
      async () =>
        (await stage.list('kind=cdr&state=PENDING')).some(({ lastReason }) => lastReason?.includes('SUSPENDED')),
      { describe: 'an attempt that sends nothing' },
    );
    once('/cdrs', 'duplicate');
    await tell();
    await waitUntil(() => partner.cdrs.has(cdr.id), { describe: 'the CDR' });
    expect(partner.of('/cdrs').filter(({ body }) => body.includes(cdr.id))).toHaveLength(2);
  });

  it('takes a CDR that differs for no acceptance', async () => {
    const cdr = aCdr({ id: id('C'), session_id: undefined });
    const other = { ...cdr, total_energy: 99 };
    partner.behave = ({ method }) =>
      method === 'GET' ? answering(200, { status_code: 1000, data: other }) : answering(400, { status_code: 2001 });
    await stage.publish(told.cdr(cdr));
    await waitUntil(() => partner.received.some(({ method, path }) => method === 'GET' && path.endsWith(cdr.id)), {
      describe: 'it to be read back',
    });
    expect((await stage.list('kind=cdr&state=SUCCEEDED')).map(({ objectKey }) => objectKey)).not.toContain(
      `DE*VLT*${cdr.id}`,
    );
  });

  describe('after a restart', () => {
    let other: MisbehavingPartner;

    beforeAll(async () => {
      other = await MisbehavingPartner.start();
      await stage.tell(stage.partner(other.url, 1, { partnerId: 'other' }));
    });
    afterAll(() => other?.stop());

    /** The gateway starts anew, and both partners are owed something: whom it does not spare has got it. */
    const restarted = async (): Promise<string> => {
      await stage.restart();
      const before = partner.received.length;
      const name = id('T');
      for (const number of [1, 2]) {
        await stage.publish(told.tariff(name, number, { currency: number === 1 ? 'EUR' : 'CHF' }));
        await waitUntil(() => other.of(`/tariffs/DE/VLT/${name}`).length >= number, { describe: 'the other to hear' });
      }
      expect(partner.received).toHaveLength(before);
      return name;
    };

    it('goes on sparing a partner that does not answer', async () => {
      partner.behave = () => 'dead';
      await stage.publish(...Array.from({ length: 20 }, () => told.tariff(id('T'), 1)));
      await waitUntil(async () => ((await stage.queue())?.failures ?? 0) >= 8, { describe: 'it to be spared' });
      await stage.service.stop();
      partner.behave = () => 'accept';
      // The pause before the next probe, as it is after a longer time.
      await stage.sql(`update partner_queue set open_until = now() + interval '1 hour' where partner_id = 'partner'`);
      const name = await restarted();
      expect((await stage.queue())?.failures).toBeGreaterThanOrEqual(8);
      await stage.sql(`update partner_queue set open_until = now() where partner_id = 'partner'`);
      await stage.restart();
      await arrived(`/tariffs/DE/VLT/${name}`);
      await stage.quiet();
      expect(await stage.queue()).toMatchObject({ failures: 0, nextProbeAt: null, pending: 0 });
    });

    it('leaves a partner alone for as long as it asked', async () => {
      const asked = id('T');
      once(`/tariffs/DE/VLT/${asked}`, answering(429, { status_code: 2000 }, { 'retry-after': '3000' }));
      await stage.publish(told.tariff(asked, 1));
      const rest = await waitUntil(async () => (await stage.queue())?.restUntil, { describe: 'it to be left alone' });
      const name = await restarted();
      expect((await stage.queue())?.restUntil).toBe(rest);
      await stage.api('POST', '/delivery-queues/partner/resume');
      await arrived(`/tariffs/DE/VLT/${asked}`);
      await arrived(`/tariffs/DE/VLT/${name}`);
    });
  });
});
