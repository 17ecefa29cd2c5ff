import type { BackOfficeEndpoint } from '@voltap/contracts/back-office';
import { CommandFailure, EXIT, type ExitCode } from './failure.js';

/** The back-office API refused, or could not be asked. The message says which, and what to do. */
export class BackOfficeFailure extends CommandFailure {
  override readonly name = 'BackOfficeFailure';

  constructor(
    message: string,
    /** RFC 9457 document; null when there was none. */
    readonly problem: Problem | null,
    exitCode: ExitCode = EXIT.refused,
  ) {
    super(message, exitCode);
  }
}

export interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

export interface BackOfficeAddress {
  /** Origin of the private listener, such as http://127.0.0.1:4001. */
  readonly url: string;
  readonly apiKey: string;
}

export interface Asked {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** For a streamed endpoint, instead of `body`. */
  readonly stream?: { readonly contentType: string; readonly content: AsyncIterable<Uint8Array> };
}

/** What a row answers, as its schema reads it. */
type AnswerOf<Row extends BackOfficeEndpoint> = ReturnType<Row['response']['parse']>;

/** The back-office API by the rows of its contract. Every method @throws BackOfficeFailure. */
export class BackOffice {
  constructor(private readonly address: () => BackOfficeAddress) {}

  async call<Row extends BackOfficeEndpoint>(row: Row, asked: Asked = {}): Promise<AnswerOf<Row>> {
    const { url, apiKey } = this.address();
    const target = new URL(`${url.replace(/\/+$/, '')}/api/v1${pathOf(row, asked.params ?? {})}`);
    for (const [name, value] of Object.entries(asked.query ?? {}))
      if (value !== undefined) target.searchParams.set(name, String(value));
    let response: Response;
    let text: string;
    try {
      response = await fetch(target, {
        method: row.method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          accept: 'application/json',
          ...contentTypeOf(asked),
        },
        ...bodyOf(asked),
      });
      text = await response.text();
    } catch (error) {
      throw new BackOfficeFailure(
        `The back-office at ${url} cannot be reached: ${reasonOf(error)}. Its address is set by VOLTAP_BACK_OFFICE_URL or --url.`,
        null,
        EXIT.unreachable,
      );
    }
    const answer = jsonOf(text);
    if (response.ok) {
      const read = row.response.safeParse(answer);
      if (read.success) return read.data as AnswerOf<Row>;
      const { path = [], message = '' } = read.error.issues[0] ?? {};
      throw new BackOfficeFailure(
        `The back-office at ${url} answered otherwise than this voltap knows (${path.join('.') || 'its answer'}: ${message}). Use the voltap of its version.`,
        null,
      );
    }
    const problem = typeof answer === 'object' ? (answer as Problem | null) : null;
    const away = problem?.code === 'unavailable';
    throw new BackOfficeFailure(sentenceOf(problem, response.status), problem, away ? EXIT.unreachable : EXIT.refused);
  }

  /** Every item of a list, page after page. */
  async all<Item>(row: BackOfficeEndpoint, asked: Asked = {}): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | undefined;
    do {
      const page = (await this.call(row, { ...asked, query: { ...asked.query, limit: 500, cursor } })) as {
        items: Item[];
        next: string | null;
      };
      items.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return items;
  }
}

function contentTypeOf({ body, stream }: Asked): Record<string, string> {
  if (stream !== undefined) return { 'content-type': stream.contentType };
  return body === undefined ? {} : { 'content-type': 'application/json' };
}

function bodyOf({ body, stream }: Asked): RequestInit {
  if (stream !== undefined) return { body: ReadableStream.from(stream.content), duplex: 'half' } as RequestInit;
  return { body: body === undefined ? null : JSON.stringify(body) };
}

function pathOf({ path }: BackOfficeEndpoint, params: Readonly<Record<string, string>>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

function sentenceOf(problem: Problem | null, status: number): string {
  if (problem?.detail === undefined) return `The back-office answered HTTP ${status}, which is no answer of Voltap.`;
  const fields = (problem.errors ?? []).map(({ pointer, message }) => `\n  ${pointer}: ${message}`);
  const wayOut = WAYS_OUT[problem.code ?? ''];
  return `${problem.detail}${fields.join('')}${wayOut === undefined ? '' : `\n  ${wayOut}`}`;
}

/** What helps against a refusal that has nothing to do with the command. */
const WAYS_OUT: Readonly<Record<string, string>> = {
  unauthorized: 'Set VOLTAP_API_KEY or VOLTAP_API_KEY_FILE to a key that this back-office knows.',
  forbidden: 'Use a key that may do this: listing needs the scope read, changing the scope operate.',
  unavailable: 'Try again when it is back; what services there are, and how they are, says /ready of the health port.',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
