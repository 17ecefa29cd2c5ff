import { type Exchange, withoutSecrets } from '@voltap/ocpi/client';
import type { Attempted } from './read-outcome.js';

/**
 * Who knows a `response_url` can end a command: of it nothing but the partner's host is kept, whatever the partner repeats
 * of it in its answer.
 */
export function withoutResponseUrl(
  attempted: Attempted,
  exchanges: readonly Exchange[],
): Attempted & { readonly exchanges: readonly Exchange[] } {
  const secrets = exchanges.flatMap(({ url }) => {
    const { pathname, search } = new URL(url);
    return [url, `${pathname}${search}`, pathname, search];
  });
  const hidden = (text: string): string => withoutSecrets(text, secrets);
  const shown = exchanges.map((exchange) => ({
    ...exchange,
    url: `${new URL(exchange.url).origin}/[redacted]`,
    responseBody: exchange.responseBody === undefined ? undefined : hidden(exchange.responseBody),
    responseHeaders: Object.fromEntries(
      Object.entries(exchange.responseHeaders).map(([name, value]) => [name, hidden(value)]),
    ),
  }));
  if (!('result' in attempted)) return { ...attempted, exchanges: shown };
  // Where a result lies is nothing to keep, and most likely the same address.
  if (attempted.result.outcome === 'success')
    return { result: { ...attempted.result, location: undefined }, exchanges: shown };
  if (attempted.result.outcome !== 'refused') return { ...attempted, exchanges: shown };
  const { statusMessage } = attempted.result;
  const result = {
    ...attempted.result,
    statusMessage: statusMessage === undefined ? undefined : hidden(statusMessage),
  };
  return { result, exchanges: shown };
}
