import type { BackOfficeEndpoint } from '@voltap/contracts/back-office';

/** The back-office API refused, or could not be asked. The message says which, and what to do. */
export class BackOfficeFailure extends Error {
  override readonly name = 'BackOfficeFailure';

  constructor(
    message: string,
    /** RFC 9457 document; null when there was none. */
    readonly problem: Problem | null,
  ) {
    super(message);
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
          ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: asked.body === undefined ? null : JSON.stringify(asked.body),
      });
      text = await response.text();
    } catch (error) {
      throw new BackOfficeFailure(`The back-office at ${url} cannot be reached: ${reasonOf(error)}`, null);
    }
    const answer = jsonOf(text);
    if (response.ok && answer !== undefined) return row.response.parse(answer) as AnswerOf<Row>;
    const problem = typeof answer === 'object' ? (answer as Problem | null) : null;
    throw new BackOfficeFailure(sentenceOf(problem, response.status), problem);
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

function pathOf({ path }: BackOfficeEndpoint, params: Readonly<Record<string, string>>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

function sentenceOf(problem: Problem | null, status: number): string {
  if (problem?.detail === undefined) return `The back-office answered HTTP ${status}, which is no answer of Voltap.`;
  const fields = (problem.errors ?? []).map(({ pointer, message }) => `\n  ${pointer}: ${message}`);
  return `${problem.detail}${fields.join('')}`;
}

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
