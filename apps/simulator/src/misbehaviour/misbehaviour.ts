/** Modules of the PTP's OCPI server that can misbehave; `callbacks` are the CommandResults that it receives. */
export const ROUTES = [
  'versions',
  'details',
  'credentials',
  'locations',
  'tariffs',
  'sessions',
  'cdrs',
  'callbacks',
  'payments',
  'tokens',
] as const;
export type Route = (typeof ROUTES)[number];

/**
 * How the PTP's server answers wrongly:
 * `http-500`, `http-429` (with Retry-After), `status-2003` (in HTTP 200) and `redirect` refuse without storing anything;
 * `slow` stores and answers after `delayMs`; `cut-after-commit` stores and cuts the socket; `wrong-json` stores and
 * answers with text that is no JSON. `hang` never answers, `flood` answers with 50 MB, `other-version` with the details of
 * a version that nobody asked for; they store nothing.
 */
export const ANSWER_FAULTS = [
  'http-500',
  'http-429',
  'status-2003',
  'slow',
  'cut-after-commit',
  'redirect',
  'wrong-json',
  'hang',
  'flood',
  'other-version',
] as const;
export type AnswerFault = (typeof ANSWER_FAULTS)[number];

/**
 * What the PTP does wrong on its own account. `start-twice`: every START_SESSION is POSTed twice. The card is charged
 * something else than the bill: `capture-net` without taxes, `capture-short` a cent less, `capture-failed` nothing.
 */
export const PTP_FAULTS = [
  'capture-net',
  'capture-short',
  'capture-failed',
  'confirmation-duplicate',
  'confirmation-delayed',
  'confirmation-lost',
  'start-twice',
] as const;
export type PtpFault = (typeof PTP_FAULTS)[number];

/**
 * What the charging back-end does wrong. `late-answer` answers after `delayMs`; `late-start` does what it was told, and
 * answers, after `delayMs`; `double-answer` contradicts itself.
 */
export const BACK_END_FAULTS = [
  'no-answer',
  'late-answer',
  'late-start',
  'double-answer',
  'never-plugged-in',
  'stop-reporting',
] as const;
export type BackEndFault = (typeof BACK_END_FAULTS)[number];

export interface Misbehaviour {
  readonly kind: AnswerFault | PtpFault | BackEndFault;
  /** For answer faults: the module, all when absent. */
  readonly route?: Route;
  /** For answer faults: the HTTP method, all when absent. */
  readonly method?: string;
  /** How often; default 1. */
  readonly times?: number;
  /** For `slow`, `confirmation-delayed`, `late-answer`, `late-start`: milliseconds; default 1000. */
  readonly delayMs?: number;
}

const KINDS: readonly string[] = [...ANSWER_FAULTS, ...PTP_FAULTS, ...BACK_END_FAULTS];

/** @throws RangeError when the value is no misbehaviour. */
export function readMisbehaviour(value: unknown): Misbehaviour {
  if (typeof value !== 'object' || value === null) throw new RangeError('a misbehaviour is an object');
  const wanted = value as Record<string, unknown>;
  if (typeof wanted.kind !== 'string' || !KINDS.includes(wanted.kind)) {
    throw new RangeError(`kind is one of ${KINDS.join(', ')}`);
  }
  if (wanted.route !== undefined && !(ROUTES as readonly unknown[]).includes(wanted.route)) {
    throw new RangeError(`route is one of ${ROUTES.join(', ')}`);
  }
  for (const field of ['times', 'delayMs'] as const) {
    const number = wanted[field];
    if (number !== undefined && (!Number.isInteger(number) || (number as number) < 0)) {
      throw new RangeError(`${field} is a whole number ≥ 0`);
    }
  }
  if (wanted.method !== undefined && typeof wanted.method !== 'string') throw new RangeError('method is a text');
  return wanted as unknown as Misbehaviour;
}

/** The misbehaviours that are switched on, each used up `times` times. */
export class Misbehaviours {
  private pending: { readonly wanted: Misbehaviour; left: number }[] = [];

  add(...wanted: Misbehaviour[]): void {
    for (const one of wanted) this.pending.push({ wanted: one, left: one.times ?? 1 });
    this.prune();
  }

  clear(): void {
    this.pending = [];
  }

  get active(): readonly Misbehaviour[] {
    return this.pending.map(({ wanted, left }) => ({ ...wanted, times: left }));
  }

  /** The fault for this request, used up by one; null when the server is to behave. */
  takeAnswerFault(route: Route, method: string): Misbehaviour | null {
    return this.take(
      ({ kind, route: only, method: onlyMethod }) =>
        (ANSWER_FAULTS as readonly string[]).includes(kind) &&
        (only === undefined || only === route) &&
        (onlyMethod === undefined || onlyMethod.toUpperCase() === method.toUpperCase()),
    );
  }

  takeFault(...kinds: readonly (PtpFault | BackEndFault)[]): Misbehaviour | null {
    return this.take(({ kind }) => (kinds as readonly string[]).includes(kind));
  }

  private take(matches: (wanted: Misbehaviour) => boolean): Misbehaviour | null {
    const found = this.pending.find(({ wanted }) => matches(wanted));
    if (!found) return null;
    found.left -= 1;
    this.prune();
    return found.wanted;
  }

  private prune(): void {
    this.pending = this.pending.filter(({ left }) => left > 0);
  }
}
