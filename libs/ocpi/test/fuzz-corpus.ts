import type { WireRequest } from './whole-cpo.js';

const deep = (depth: number, open = '[', close = ']'): string => `${open.repeat(depth)}0${close.repeat(depth)}`;
const token = (payload: string, url = '/ocpi/cpo/2.2.1/tokens/NL/PTP/X1'): WireRequest => ({
  method: 'PUT',
  url,
  payload,
});

/** What hostile input has broken (marked `found`), and what is known to break such code elsewhere; played before anything random. */
export const SERVER_CORPUS: readonly { readonly what: string; readonly request: WireRequest }[] = [
  { what: 'lists in lists, deeper than the stack (found: 3000)', request: token(deep(30_000)) },
  { what: 'objects in an unknown field, deeper than the stack', request: token(`{"x":${deep(30_000, '{"a":', '}')}}`) },
  { what: 'depth that only looks like depth, inside a text', request: token(`{"x":"${'['.repeat(30_000)}"}`) },
  {
    what: 'a content type that is none (found: no envelope)',
    request: { method: 'DELETE', url: '/ocpi/cpo/2.3.0/credentials', headers: { 'content-type': '__proto__' } },
  },
  {
    what: 'a field that would change the kind of an object',
    request: token('{"__proto__":{"valid":true},"uid":"X1"}'),
  },
  { what: 'a number that is not finite', request: token('{"valid":1e999}') },
  { what: 'half a character', request: token('{"uid":"\\ud800","issuer":"\\udc00"}') },
  { what: 'a byte order mark before the JSON', request: token('\ufeff{}') },
  { what: 'two spellings of one field', request: token('{"uid":"X1","uid":"X2"}') },
  {
    what: 'a cursor that is JSON of another kind',
    request: {
      method: 'GET',
      url: `/ocpi/cpo/2.3.0/locations?cursor=${Buffer.from('{"toString":"x"}').toString('base64url')}`,
    },
  },
  { what: 'one parameter several times', request: { method: 'GET', url: '/ocpi/cpo/2.3.0/locations?limit=1&limit=x' } },
  {
    what: 'a limit beyond all numbers',
    request: { method: 'GET', url: `/ocpi/cpo/2.3.0/cdrs?limit=${'9'.repeat(300)}` },
  },
];

const enveloped = (data: string): string => `{"data":${data},"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`;

export const ANSWER_CORPUS: readonly {
  readonly what: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}[] = [
  { what: 'lists deeper than the stack', body: enveloped(deep(30_000)) },
  { what: 'a number that is not finite', body: '{"status_code":1e999,"data":[1e999]}' },
  { what: 'a list where an object should be', body: enveloped('[[[]]]') },
  // Cost as the square of its length when it was hidden from the log.
  {
    what: 'card lines that begin again and again and never end (found: a minute and more)',
    body: `"eft_data":[${'"eft_data":['.repeat(60_000)}`,
  },
  { what: 'a token that never ends', body: `{"token":"${'\\\\'.repeat(20_000)}` },
  // Cost as the square of its length when it was searched for rel.
  {
    what: 'a link of blanks (found: four times the cost for twice the length)',
    body: enveloped('[]'),
    headers: { link: `</x>; rel=${' '.repeat(8000)}nex` },
  },
  { what: 'links without an end', body: enveloped('[]'), headers: { link: '<'.repeat(8000) } },
  {
    what: 'a total that is no number',
    body: enveloped('[]'),
    headers: { 'x-total-count': '1e3', link: '<>; rel=next' },
  },
  { what: 'a time to wait beyond all times', body: '', headers: { 'retry-after': '9'.repeat(400) } },
];
