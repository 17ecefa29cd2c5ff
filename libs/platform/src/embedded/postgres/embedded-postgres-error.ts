/** The embedded server cannot be used. `message` is one line that says what is wrong and what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  constructor(
    message: string,
    /** `in_use`: a living process holds the directory; nothing is broken. */
    readonly problem: 'in_use' | 'unusable' = 'unusable',
  ) {
    super(message);
  }
}
