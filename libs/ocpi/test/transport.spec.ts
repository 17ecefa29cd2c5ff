import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { locationSchema, PATCHES } from '@voltap/ocpi/model';
import { aSession } from '@voltap/ocpi/testkit';
import {
  authorizationHeader,
  decodeCursor,
  decodeToken,
  encodeCursor,
  envelopeText,
  fillPath,
  idsOf,
  joinUrl,
  MERGE_RULES,
  mergePatch,
  nextPageUrl,
  parseEnvelope,
  parseNextLink,
  parsePageQuery,
  retryAfterMs,
  routingOf,
  SESSION_MERGE,
  swapped,
  tokenOfHeader,
  violationsOf,
  violationsText,
  withQuery,
  withTrailingSlash,
} from '@voltap/ocpi/transport';
import fc from 'fast-check';
import { z } from 'zod';

describe('the token in the Authorization header', () => {
  it('comes back from its header, encoded or plain (TRN-02)', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x21-\x7e]{1,64}$/), (token) => {
        expect(decodeToken(tokenOfHeader(authorizationHeader(token)) ?? '')).toBe(token);
        expect(decodeToken(tokenOfHeader(authorizationHeader(token, true)) ?? '', true)).toBe(token);
      }),
    );
  });

  it('is decoded strictly and never guessed, except for a line feed at its end (TRN-05, TRN-15)', () => {
    const encode = (text: string) => Buffer.from(text).toString('base64');
    expect(decodeToken(encode('example-token\n'))).toBe('example-token');
    const wrong = [
      'not base64!',
      'YWJj=',
      'YWJ',
      'YW-_',
      '',
      encode('\n'),
      Buffer.from([0xff, 0xfe]).toString('base64'),
    ];
    expect(wrong.map((text) => decodeToken(text))).toEqual(wrong.map(() => undefined));
    expect(['Bearer abc', 'Token', 'Token a b', undefined].map(tokenOfHeader)).toEqual(Array(4).fill(undefined));
  });
});

describe('envelopes', () => {
  const now = new Date('2026-03-02T10:00:00Z');

  it('are made around text that is JSON already', () => {
    expect(JSON.parse(envelopeText(now, '[{"id":1}]'))).toEqual({
      data: [{ id: 1 }],
      status_code: 1000,
      timestamp: '2026-03-02T10:00:00.000Z',
    });
    expect(JSON.parse(envelopeText(now, undefined, 2001, 'a "quoted" word'))).toEqual({
      status_code: 2001,
      status_message: 'a "quoted" word',
      timestamp: '2026-03-02T10:00:00.000Z',
    });
  });

  it('are read tolerantly, and not at all without a status code', () => {
    expect(parseEnvelope('{"data":null,"status_code":"1000","extra":1}')).toEqual({
      statusCode: 1000,
      statusMessage: undefined,
      data: undefined,
    });
    const wrong = ['<html>', '[]', 'null', '{"data":[]}', '{"status_code":"fine"}'];
    expect(wrong.map(parseEnvelope)).toEqual(wrong.map(() => undefined));
  });
});

describe('paging', () => {
  it('reads a window and lowers the limit to the maximum (PAG-12)', () => {
    const query = { date_from: '2026-01-01T00:00:00', date_to: '2026-02-01T00:00:00Z', offset: '10', limit: '9999' };
    expect(parsePageQuery(query)).toEqual({
      dateFrom: '2026-01-01T00:00:00Z',
      dateTo: '2026-02-01T00:00:00Z',
      offset: 10,
      limit: 500,
      maximum: 500,
    });
    expect(parsePageQuery({}, { default: 20, maximum: 30 })).toEqual({ offset: 0, limit: 20, maximum: 30 });
  });

  it('names every part of a query that cannot be read', () => {
    const query = { date_from: 'yesterday', date_to: '2026-01-01', offset: '-1', limit: '0' };
    expect(() => parsePageQuery(query)).toThrow(
      expect.objectContaining({
        code: 'invalid_parameter',
        violations: ['date_from', 'date_to', 'offset', 'limit'].map((name) =>
          expect.objectContaining({ pointer: `query/${name}` }),
        ),
      }),
    );
  });

  it('gives a next page that reads as the same query, further on (PAG-09)', () => {
    const query = parsePageQuery({ date_from: '2026-01-01T00:00:00.5Z', limit: '7', offset: '3' });
    const cursor = encodeCursor({ last: '2026-01-05T00:00:00Z', id: 'Ö/1', total: 40, until: null });
    const next = new URL(nextPageUrl('https://cpo.example/ocpi/cpo/2.3.0/cdrs', query, 7, cursor));
    expect(parsePageQuery(Object.fromEntries(next.searchParams))).toEqual({ ...query, offset: 10, cursor });
    expect(decodeCursor(cursor)).toEqual({ last: '2026-01-05T00:00:00Z', id: 'Ö/1', total: 40, until: null });
  });

  it('refuses a position that is none of ours', () => {
    for (const cursor of ['x', encodeCursor({}).slice(1), Buffer.from('[1]').toString('base64url')]) {
      expect(() => decodeCursor(cursor)).toThrow(expect.objectContaining({ code: 'invalid_parameter' }));
    }
  });

  it('finds the next link among others, however it is quoted', () => {
    const url = 'https://ptp.example/a?offset=1&x=1,2';
    expect(parseNextLink(`<${url}>; rel="next"`)).toBe(url);
    expect(parseNextLink(`<https://x/>; rel="prev", <${url}>;rel=next`)).toBe(url);
    expect(parseNextLink(`<${url}>; title="a; b"; rel="last next"`)).toBe(url);
    expect([parseNextLink(undefined), parseNextLink(`<${url}>; rel="nextish"`)]).toEqual([undefined, undefined]);
  });
});

describe('URLs', () => {
  it('are joined with exactly one slash and encoded once', () => {
    for (const base of ['https://ptp.example/cdrs', 'https://ptp.example/cdrs/', 'https://ptp.example/cdrs//']) {
      expect(joinUrl(base, '/a')).toBe('https://ptp.example/cdrs/a');
    }
    expect(joinUrl('https://ptp.example/cdrs/', '')).toBe('https://ptp.example/cdrs/');
    expect(joinUrl('https://ptp.example/ocpi?tenant=1', '/a')).toBe('https://ptp.example/ocpi/a?tenant=1');
    expect(fillPath('/:country_code/:token_uid', { country_code: 'NL', token_uid: 'a/b c' })).toBe('/NL/a%2Fb%20c');
    expect(() => fillPath('/:token_uid', {})).toThrow(RangeError);
    expect(withQuery('https://x/?a=1', { b: 'ü', c: undefined })).toBe('https://x/?a=1&b=%C3%BC');
    expect(withTrailingSlash('https://x/a?b=1')).toBe('https://x/a/?b=1');
  });
});

describe('headers', () => {
  it('carry ids that are kept, and minted where missing', () => {
    expect(idsOf({ 'x-request-id': 'r', 'x-correlation-id': 'c' })).toEqual({ requestId: 'r', correlationId: 'c' });
    const minted = idsOf({});
    expect(minted.requestId).toHaveLength(36);
    expect(minted.correlationId).toBe(minted.requestId);
  });

  it('name two parties, swapped in the answer; half a name is none', () => {
    const routing = routingOf({
      'ocpi-from-country-code': 'NL',
      'ocpi-from-party-id': 'PTP',
      'ocpi-to-country-code': 'DE',
    });
    expect(routing).toEqual({ from: { country_code: 'NL', party_id: 'PTP' } });
    expect(swapped(routing)).toEqual({ to: { country_code: 'NL', party_id: 'PTP' } });
  });

  it('tell when to come back, in seconds or as a date', () => {
    const now = new Date('2026-03-02T10:00:00Z');
    const dates = ['120', 'Mon, 02 Mar 2026 10:00:05 GMT', 'Mon, 02 Mar 2026 09:00:00 GMT', 'soon', undefined];
    expect(dates.map((text) => retryAfterMs(text, now))).toEqual([120_000, 5000, 0, undefined, undefined]);
  });
});

function listOf(field: z.ZodType): boolean {
  const inner =
    field instanceof z.ZodOptional || field instanceof z.ZodNullable ? (field.unwrap() as z.ZodType) : field;
  return inner instanceof z.ZodArray || (inner !== field && listOf(inner));
}

describe('a PATCH', () => {
  const lists = Object.entries<z.ZodObject>(PATCHES).flatMap(([object, { shape }]) =>
    Object.entries(shape)
      .filter(([, field]) => listOf(field as z.ZodType))
      .map(([name]) => ({ object: object as keyof typeof PATCHES, name })),
  );

  it.each(lists)(
    'of $object replaces $name, unless it is charging_periods, which are appended (UPD-05, SES-05)',
    ({ object, name }) => {
      const merged = mergePatch({ [name]: ['old'] }, { [name]: ['new'] }, MERGE_RULES[object]);
      expect(merged).toEqual({ [name]: name === 'charging_periods' ? ['old', 'new'] : ['new'] });
    },
  );

  it('has every list that it may hold named in the README of this library', () => {
    const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
    const table = readme.slice(readme.indexOf('## PATCH'));
    for (const { object, name } of lists) {
      expect(
        table.split('\n').find((line) => line.startsWith(`| ${object} `) && line.includes(`\`${name}\``)),
      ).toBeDefined();
    }
    expect(lists.length).toBeGreaterThan(15);
  });

  it('cannot change what kind of thing an object is', () => {
    const patch = JSON.parse('{"__proto__":{"polluted":true},"name":"new"}') as object;
    const merged = mergePatch({ name: 'old' }, patch);
    expect(merged).toEqual({ name: 'new' });
    expect((merged as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('changes the given fields, replaces lists, appends charging periods and clears by null', () => {
    const stored = { ...aSession({ meter_id: 'M1' }), tags: ['a'] };
    const period = { start_date_time: '2026-03-02T10:30:00Z', dimensions: [{ type: 'TIME' as const, volume: 0.5 }] };
    const patch = {
      kwh: 20,
      meter_id: null,
      tags: ['b'],
      charging_periods: [period],
      last_updated: period.start_date_time,
    };
    const merged = mergePatch(stored, patch, SESSION_MERGE);
    expect(merged).toMatchObject({ kwh: 20, tags: ['b'], status: 'ACTIVE', last_updated: '2026-03-02T10:30:00Z' });
    expect(merged).not.toHaveProperty('meter_id');
    expect(merged.charging_periods).toEqual([...(stored.charging_periods ?? []), period]);
    expect(stored.charging_periods).toHaveLength(1);
  });
});

describe('violations', () => {
  it('are RFC 6901 pointers', () => {
    const result = locationSchema.safeParse({ 'a/b~c': 1, evses: [{ connectors: [] }] });
    const pointers = result.success ? [] : violationsOf(result.error).map(({ pointer }) => pointer);
    expect(pointers).toEqual(expect.arrayContaining(['/country_code', '/evses/0/uid', '/evses/0/connectors']));
    expect(violationsText('Invalid', [{ pointer: '', message: 'must be an object' }])).toBe(
      'Invalid: (body): must be an object',
    );
  });
});
