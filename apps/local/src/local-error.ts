/** Something the user can mend: one line that says what and what to do. Ends the program with exit code 1. */
export class LocalError extends Error {
  override readonly name = 'LocalError';
}
