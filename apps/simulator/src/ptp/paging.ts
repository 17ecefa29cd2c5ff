import { type OcpiReply, refused, success } from '../wire/envelope.js';
import { type JsonObject, textOf } from '../wire/json.js';

const SERVER_LIMIT = 50;

/** One page of a list by date_from (inclusive), date_to (exclusive), offset and limit, with its headers (PAG chapter). */
export function page(objects: readonly JsonObject[], query: URLSearchParams, url: string): OcpiReply {
  const from = query.get('date_from');
  const to = query.get('date_to');
  const offset = Number(query.get('offset') ?? 0);
  const limit = Math.min(Number(query.get('limit') ?? SERVER_LIMIT), SERVER_LIMIT);
  if (!Number.isInteger(offset) || offset < 0 || !Number.isInteger(limit) || limit < 1)
    return refused(2001, 'offset and limit are whole numbers');
  const window = { from: from === null ? null : Date.parse(from), to: to === null ? null : Date.parse(to) };
  if (Number.isNaN(window.from) || Number.isNaN(window.to)) return refused(2001, 'date_from and date_to are DateTimes');
  const matching = objects.filter((object) => {
    const changed = Date.parse(textOf(object, 'last_updated') ?? '');
    return (window.from === null || changed >= window.from) && (window.to === null || changed < window.to);
  });
  const headers: Record<string, string> = {
    'x-total-count': String(matching.length),
    'x-limit': String(SERVER_LIMIT),
  };
  if (offset + limit < matching.length) {
    const next = new URLSearchParams(query);
    next.set('offset', String(offset + limit));
    next.set('limit', String(limit));
    headers.link = `<${url}?${next}>; rel="next"`;
  }
  return success(matching.slice(offset, offset + limit), 200, headers);
}
