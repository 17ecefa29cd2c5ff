import { type AfterQueryEvent, type EntitySubscriberInterface, EventSubscriber } from 'typeorm';
import { endedSpan } from '../telemetry/tracing.js';

const LONGEST_TEXT = 300;
const SUBJECT = /\b(?:from|into|update|join)\s+"?([a-z_]+)/i;

/** Each statement as a part of the running step. Its values stay out: they are parameters, and may be secrets. */
@EventSubscriber()
export class QuerySpans implements EntitySubscriberInterface {
  afterQuery({ query, success, executionTime = 0, error }: AfterQueryEvent): void {
    const text = query.trim();
    const operation = /^\w+/.exec(text)?.[0].toLowerCase() ?? 'query';
    const table = SUBJECT.exec(text)?.[1];
    endedSpan(
      table === undefined ? operation : `${operation} ${table}`,
      {
        sort: 'out',
        startedAt: Date.now() - executionTime,
        attributes: {
          'db.system.name': 'postgresql',
          'db.query.text': text.replace(/\s+/g, ' ').slice(0, LONGEST_TEXT),
        },
      },
      success ? undefined : String((error as { code?: unknown } | undefined)?.code ?? 'error'),
    );
  }
}
