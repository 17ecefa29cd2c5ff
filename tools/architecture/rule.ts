import type { Project } from './project.ts';

/** One thing that is not as it should be, and where. `message` says what to do instead. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** One rule of the house. Its fixture lies in `fixtures/<name>`. */
export interface Rule {
  readonly name: string;
  /** Why the rule exists, in one sentence; printed once above its violations. */
  readonly why: string;
  check(project: Project): Violation[];
}
