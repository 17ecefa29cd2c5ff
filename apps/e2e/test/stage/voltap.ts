import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, type RunningPlatform } from './running-platform.js';

/** What a command printed, and its exit code. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** `voltap` as somebody types it, in a process of its own. */
export function runVoltap(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Said> {
  const env = { ...process.env, NODE_OPTIONS: '', ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'apps/cli/dist/main.js'), ...words], { env }, (failed, out, error) =>
      resolve({ code: failed === null ? 0 : Number(failed.code), out, error }),
    );
  });
}

/** The variables by which `voltap` finds a platform. */
export function backOfficeOf({ backOfficeUrl, apiKey }: RunningPlatform) {
  return { VOLTAP_BACK_OFFICE_URL: backOfficeUrl, VOLTAP_API_KEY: apiKey };
}
