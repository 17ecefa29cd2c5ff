import 'reflect-metadata';
import { strict as assert } from 'node:assert';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, SystemClock } from '@voltap/kernel';
import { OcpiClient, type PartnerConnection } from '@voltap/ocpi/client';
import { tariffs } from '@voltap/ocpi/endpoints';
import { profileOf } from '@voltap/ocpi/profiles';
import {
  type OcpiAnswerOf,
  OcpiEndpoint,
  OcpiRequest,
  type OcpiRequestOf,
  ocpiPage,
  type PartnerCaller,
  UnservedOcpiController,
} from '@voltap/ocpi/server';
import { aTariff } from '@voltap/ocpi/testkit';
import { decodeToken, tokenOfHeader } from '@voltap/ocpi/transport';

const held = ['T1', 'T2', 'T3'].map((id) => aTariff({ id }));

@Controller()
class TariffsController {
  @OcpiEndpoint(tariffs.sender.list)
  list(@OcpiRequest() { page }: OcpiRequestOf<typeof tariffs.sender.list>): OcpiAnswerOf<typeof tariffs.sender.list> {
    const end = page.offset + page.limit;
    const more = end < held.length ? { next: { offset: end } } : {};
    return ocpiPage(held.slice(page.offset, end), { total: held.length, ...more });
  }
}

@Module({
  // Last: 404 and 405 for everything that no endpoint serves.
  controllers: [TariffsController, UnservedOcpiController],
  providers: [{ provide: Clock, useClass: SystemClock }],
})
class CpoModule {}

const app = await NestFactory.create<NestFastifyApplication>(CpoModule, new FastifyAdapter(), {
  logger: false,
  bodyParser: false,
});
const fastify = app.getHttpAdapter().getInstance();
fastify.addHook('onRequest', async (request) => {
  if (decodeToken(tokenOfHeader(request.headers.authorization) ?? '') !== 'their-token') return; // 401
  const caller: PartnerCaller = {
    kind: 'partner',
    partnerId: 'provider',
    version: '2.3.0',
    profile: 'spec',
    quirks: {},
    scope: 'full',
    roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP' }],
    parties: ['DE*VLT'],
    publicUrl: await app.getUrl(),
  };
  Object.assign(request, { voltapCaller: caller });
});
await app.listen(0, '127.0.0.1');
const url = `${await app.getUrl()}/ocpi/cpo/2.3.0/tariffs`;

// Addresses off the public internet, and plain http, have to be allowed explicitly.
const client = new OcpiClient(new SystemClock(), { rules: { allowHttp: true, allowPrivateAddresses: true } });
const connection: PartnerConnection = {
  version: '2.3.0',
  token: 'their-token',
  quirks: profileOf('spec').quirks,
  own: { country_code: 'NL', party_id: 'PTP' },
  peer: { country_code: 'DE', party_id: 'VLT' },
  endpoints: [{ identifier: 'tariffs', role: 'SENDER', url }],
};

const seen: string[] = [];
for await (const page of client.pages(tariffs.sender.list, { connection, query: { limit: 2 } })) {
  assert.equal(page.outcome, 'success');
  if (page.outcome === 'success') seen.push(...page.value.map(({ id }) => id));
}
assert.deepEqual(seen, ['T1', 'T2', 'T3']);

const stranger = await client.call(tariffs.sender.list, { connection: { ...connection, token: 'unknown' } });
assert.equal(stranger.outcome === 'refused' && stranger.httpStatus, 401);

await client.close();
await app.close();
