import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A JSON document on disk that is replaced as a whole, so that a killed process leaves the old or the new one. */
export class StateFile<State> {
  constructor(private readonly path: string | null) {}

  /** @throws Error that names the file when it is not readable as JSON. */
  load(empty: State): State {
    if (this.path === null || !existsSync(this.path)) return empty;
    try {
      return { ...empty, ...(JSON.parse(readFileSync(this.path, 'utf8')) as State) };
    } catch (error) {
      throw new Error(`${this.path} is not readable; remove it to start anew`, { cause: error });
    }
  }

  save(state: State): void {
    if (this.path === null) return;
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(`${this.path}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }
}
