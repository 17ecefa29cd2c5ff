import { readFile } from 'node:fs/promises';
import { CommandFailure, EXIT } from '../failure.js';

/** @throws CommandFailure when the file cannot be read or holds no JSON. */
export async function jsonIn(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw new CommandFailure(`${file} is no JSON: ${error instanceof Error ? error.message : error}`, EXIT.usage);
  }
}
