import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EndpointRow, servedRows } from '@voltap/ocpi/endpoints';
import { OCPI_VERSIONS, type OcpiVersion, responseEnvelopeSchema } from '@voltap/ocpi/model';
import { downgrade } from '@voltap/ocpi/versions';
import fc from 'fast-check';
import { SERVER_CORPUS } from './fuzz-corpus.js';
import { hostileBodies, hostileTexts } from './hostile.js';
import { bodyOf, pathOf, startWholeCpo, type WholeCpo, type WireAnswer, type WireRequest } from './whole-cpo.js';

/** Requests that nobody in their right mind sends. Each gets an answer in an envelope, and none makes us fail. */
describe('a hostile request', () => {
  let cpo: WholeCpo;

  beforeAll(async () => {
    cpo = await startWholeCpo();
  });

  afterAll(async () => {
    await cpo.close();
  });

  /** Handlers never fail here, so that a 3000 would be a fault of the machinery. */
  async function expectAnswer(request: WireRequest): Promise<WireAnswer> {
    const answer = await cpo.call(request);
    const envelope = responseEnvelopeSchema.parse(JSON.parse(answer.text));
    expect(answer.status).toBeLessThan(500);
    expect([1000, 2000, 2001]).toContain(envelope.status_code);
    expect(answer.text.length).toBeLessThan(1024 * 1024);
    return answer;
  }

  const rows = OCPI_VERSIONS.flatMap((version) => servedRows(version).map((row) => ({ version, row })));
  const wire = (row: EndpointRow, version: OcpiVersion): unknown =>
    downgrade(row.objects.request, version, bodyOf(row)).value;
  const written = rows.filter(({ row }) => row.request !== undefined);
  const runs = { numRuns: 30 };

  it.each(SERVER_CORPUS)('of the corpus is answered: $what', async ({ request }) => {
    await expectAnswer(request);
  });

  it.each(written.map(({ version, row }) => [`${version} ${row.id}`, version, row] as const))(
    'whose body is not what it should be is answered: %s (ENV-05)',
    async (_, version, row) => {
      const url = pathOf(row, version);
      await fc.assert(
        fc.asyncProperty(hostileBodies(wire(row, version)), async (payload) => {
          await expectAnswer({ method: row.method, url, payload, headers: { 'content-type': 'application/json' } });
        }),
        runs,
      );
    },
  );

  it('whose path and query are not what they should be is answered (ENV-17)', async () => {
    const segment = fc.oneof(
      hostileTexts,
      fc.constantFrom('2.3.0', '2.2.1', 'locations', 'tokens', 'versions', 'commands'),
    );
    const path = fc.array(segment.map(encodeSometimes), { maxLength: 6 }).map((segments) => segments.join('/'));
    const query = fc.dictionary(
      fc.constantFrom('date_from', 'date_to', 'offset', 'limit', 'cursor', 'type', '__proto__', 'a[b]'),
      fc.oneof(hostileTexts, fc.nat().map(String)),
      { maxKeys: 4 },
    );
    const known = fc.constantFrom(...rows.map(({ version, row }) => pathOf(row, version).slice('/ocpi/cpo/'.length)));
    const method = fc.constantFrom('GET' as const, 'PUT' as const, 'DELETE' as const);
    await fc.assert(
      fc.asyncProperty(method, fc.oneof(path, known), query, async (method, below, asked) => {
        const url = `/ocpi/cpo/${below}?${new URLSearchParams(asked).toString()}`;
        // What the router itself refuses is answered by the listener in front, in its own way.
        const answer = await cpo.call({ method, url });
        expect(answer.status).toBeLessThan(500);
        if (below !== '' && answer.headers['x-request-id'] !== undefined)
          responseEnvelopeSchema.parse(JSON.parse(answer.text));
      }),
      { numRuns: 400 },
    );
  });

  it('whose headers are not what they should be is answered', async () => {
    const name = fc.constantFrom(
      'x-request-id',
      'x-correlation-id',
      'ocpi-to-party-id',
      'ocpi-to-country-code',
      'ocpi-from-party-id',
      'ocpi-from-country-code',
      'content-type',
      'accept',
      'x-limit',
    );
    const value = hostileTexts.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, ''));
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, value, { maxKeys: 6 }),
        fc.constantFrom(...rows),
        async (headers, { version, row }) => {
          await expectAnswer({
            method: row.method,
            url: pathOf(row, version),
            headers,
            ...(row.request ? { payload: '{}' } : {}),
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

function encodeSometimes(text: string, index = text.length): string {
  return index % 2 === 0
    ? encodeURIComponent(text.toWellFormed())
    : text.replace(/[^\x21-\x7e]/g, '').replace(/[?#]/g, '');
}
