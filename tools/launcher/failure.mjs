/** A failure that the person at the terminal can act on: printed as it is, without a stack. */
export class LaunchFailure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
