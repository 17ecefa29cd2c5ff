import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { LocalError } from './local-error.js';

/** The kept state of a local platform: database, secrets, the API key, the simulator's memory, the log. */
export interface DataDirectory {
  readonly path: string;
  readonly postgres: string;
  readonly simulator: string;
  readonly log: string;
  /** With processes: a log for each. */
  readonly logs: string;
  readonly apiKey: string;
  readonly apiKeyFile: string;
  readonly callerSecret: string;
  readonly sealingSecret: string;
  /** Whether it was there before. */
  readonly resumed: boolean;
}

/** @throws LocalError when it cannot be written. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  let resumed = true;
  try {
    resumed = (await mkdir(path, { recursive: true, mode: 0o755 })) === undefined;
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
  const apiKeyFile = join(path, 'api-key');
  return {
    path,
    postgres: join(path, 'postgres'),
    simulator: join(path, 'simulator'),
    log: join(path, 'voltap.log'),
    logs: join(path, 'logs'),
    apiKeyFile,
    apiKey: await keptSecret(apiKeyFile),
    callerSecret: await keptSecret(join(path, 'caller-secret')),
    sealingSecret: await keptSecret(join(path, 'sealing-secret')),
    resumed,
  };
}

/** Forgets everything, after asking unless `sure`. @returns whether it was done. */
export async function resetDataDirectory(path: string, sure: boolean): Promise<boolean> {
  if (!sure) {
    if (!process.stdin.isTTY) throw new LocalError('--reset asks before it forgets; without a terminal add --yes.');
    const prompt = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await prompt.question(`Forget all data in ${path}? Type yes: `);
    prompt.close();
    if (answer.trim().toLowerCase() !== 'yes') return false;
  }
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw unwritable(path, error);
  }
  return true;
}

async function keptSecret(file: string): Promise<string> {
  try {
    const kept = (await readFile(file, 'utf8')).trim();
    if (kept.length < 32) throw new LocalError(`${file} is damaged. Delete it, or start afresh: npm start -- --reset.`);
    return kept;
  } catch (error) {
    if (error instanceof LocalError) throw error;
    if (!isMissing(error)) throw unwritable(file, error);
  }
  const secret = randomBytes(32).toString('base64url');
  try {
    await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw unwritable(file, error);
  }
  return secret;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function unwritable(path: string, error: unknown): LocalError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new LocalError(
    `${path} cannot be written (${reason}). Mend its rights, or choose another place: npm start -- --data-directory <path>.`,
  );
}
