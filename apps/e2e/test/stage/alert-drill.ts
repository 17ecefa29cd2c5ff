import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { queryDatabase, waitUntil } from '@voltap/platform/testing';
import { type Prometheus, startPrometheus } from './prometheus.js';
import { ROOT, type RunningPlatform } from './running-platform.js';
import { backOfficeOf, runVoltap, type Said } from './voltap.js';

const ALERTS = join(ROOT, 'charts/voltap/files/alerts');
/** Machines that build are slow; a wait that succeeds costs nothing. */
const PATIENCE_MS = 150_000;

/** The files with the alerts of the chart. */
export function alertFiles(): string[] {
  return readdirSync(ALERTS)
    .filter((name) => !name.endsWith('.test.yaml'))
    .map((name) => join(ALERTS, name));
}

/** A platform whose alerts a real Prometheus raises, and the operator who follows their runbooks. */
export interface AlertDrill {
  readonly prometheus: Prometheus;
  /** Until the alert is pending or fires: what it asks is so. What it waits for before it wakes somebody is not waited for. */
  untilRaised(alert: string): Promise<void>;
  /**
   * Until what the alert asks is not so any more. `window`: an alert about the last minutes, hours or days is asked about the
   * last seconds instead, like `['15m', '15s']`; nobody waits for the rest here.
   */
  untilEnded(alert: string, window?: readonly [of: string, instead: string]): Promise<void>;
  /** `voltap` as the operator types it. */
  voltap(...words: string[]): Promise<Said>;
  /** What it printed. @throws Error in its words when it ended with another exit code than 0. */
  told(...words: string[]): Promise<string>;
  /** Until it ends with 0 and prints all that is wanted; services hear of each other's doings a moment later. @returns that */
  untilTold(words: readonly string[], ...wanted: readonly (string | RegExp)[]): Promise<string>;
  /** Time passes until `voltap` lists all these charges as overdue in the state; what payments hears of one later sets its time anew. */
  untilOverdue(state: string, ...references: readonly string[]): Promise<void>;
  /** A statement in the database of a service: time passes by it, `update … set … = … - interval '8 days'`. */
  sql<Row>(service: string, statement: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** `history`, `everySeconds`: see `startPrometheus`. */
export async function openAlertDrill(
  platform: RunningPlatform,
  history?: string,
  everySeconds?: number,
): Promise<AlertDrill> {
  const prometheus = await startPrometheus(String(platform.healthUrl), alertFiles(), history, everySeconds);
  const voltap = (...words: string[]) => runVoltap(words, backOfficeOf(platform));
  async function told(...words: string[]): Promise<string> {
    const { code, out, error } = await voltap(...words);
    if (code !== 0) throw new Error(`voltap ${words.join(' ')} ended with ${code}: ${error}${out}`);
    return out;
  }
  async function sql<Row>(service: string, statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    return queryDatabase<Row>((await platform.stores?.databaseUrl(service)) ?? '', statement, values);
  }
  return {
    prometheus,
    told,
    sql,
    async untilOverdue(state, ...references) {
      await waitUntil(
        async () => {
          await sql(
            'payments',
            `update reconciliation set due_at = now() - interval '1 second'
             where state = $1 and authorization_reference = any($2) and due_at > now()`,
            [state, references.map((reference) => reference.toUpperCase())],
          );
          const out = await told('reconciliation', 'list', '--state', state, '--overdue');
          return references.every((reference) => out.includes(reference));
        },
        { describe: `${references.join(' and ')} to be overdue as ${state}`, timeoutMs: PATIENCE_MS },
      );
    },
    untilTold: (words, ...wanted) =>
      waitUntil(
        async () => {
          const out = await told(...words);
          for (const each of wanted)
            if (!(each instanceof RegExp ? each.test(out) : out.includes(each))) throw new Error(out);
          return out;
        },
        { describe: `voltap ${words.join(' ')} to tell ${wanted.join(', ')}`, timeoutMs: PATIENCE_MS },
      ),
    async untilRaised(alert) {
      await waitUntil(async () => (await prometheus.alerts()).includes(alert), {
        describe: `${alert} to be raised`,
        timeoutMs: PATIENCE_MS,
      });
    },
    async untilEnded(alert, window) {
      const asked = await prometheus.expressionOf(alert);
      const expression = window === undefined ? asked : asked.replaceAll(...window);
      if (window !== undefined && expression === asked) throw new Error(`${alert} does not ask about ${window[0]}`);
      await waitUntil(async () => (await prometheus.query(expression)).length === 0, {
        describe: `${expression} to be so no more`,
        timeoutMs: PATIENCE_MS,
      });
    },
    voltap,
    close: () => prometheus.close(),
  };
}
