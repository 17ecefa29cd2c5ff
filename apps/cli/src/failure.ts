/** What the exit code says. */
export const EXIT = {
  /** Refused, failed, or not as it should be. */
  refused: 1,
  /** Not understood: wrong words, or wrong settings. */
  usage: 2,
  /** Somebody that is needed cannot be reached. */
  unreachable: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command cannot do what it was asked; the message says why, and what to do. */
export class CommandFailure extends Error {
  override readonly name: string = 'CommandFailure';

  constructor(
    message: string,
    readonly exitCode: ExitCode,
  ) {
    super(message);
  }
}
