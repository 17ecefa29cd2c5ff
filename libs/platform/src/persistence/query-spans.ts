import { type AfterQueryEvent, type EntitySubscriberInterface, EventSubscriber } from 'typeorm';
import { endedSpan } from '../telemetry/tracing.js';

const LONGEST_TEXT = 300;
const SUBJECT = /\b(?:from|into|update|join)\s+"?([a-z_]+)/i;
/** A service has some hundreds of texts; lists with filters make more. */
const MOST_TEXTS = 2_000;

interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Each statement as a part of the running step. Its values stay out: they are parameters, and may be secrets. */
@EventSubscriber()
export class QuerySpans implements EntitySubscriberInterface {
  private readonly statements = new Map<string, Statement>();

  afterQuery({ query, success, executionTime = 0, error }: AfterQueryEvent): void {
    const { name, text } = this.statementOf(query);
    endedSpan(
      name,
      {
        sort: 'out',
        startedAt: Date.now() - executionTime,
        attributes: { 'db.system.name': 'postgresql', 'db.query.text': text },
      },
      success ? undefined : String((error as { code?: unknown } | undefined)?.code ?? 'error'),
    );
  }

  /** Reading a text takes longer than the span around it, and the same ones come again and again. */
  private statementOf(query: string): Statement {
    const known = this.statements.get(query);
    if (known !== undefined) return known;
    const statement = read(query);
    if (this.statements.size >= MOST_TEXTS) this.statements.clear();
    this.statements.set(query, statement);
    return statement;
  }
}

function read(query: string): Statement {
  const text = query.trim();
  const operation = /^\w+/.exec(text)?.[0].toLowerCase() ?? 'query';
  const table = SUBJECT.exec(text)?.[1];
  return {
    name: table === undefined ? operation : `${operation} ${table}`,
    text: text.replace(/\s+/g, ' ').slice(0, LONGEST_TEXT),
  };
}
