/** The stack cannot be had. `message` says to a person what is wrong and what to do. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
