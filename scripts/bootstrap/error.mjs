/** Something the person at the terminal can mend; the message says how. */
export class BootstrapError extends Error {
  /** @param {string} message @param {number} [exitCode] of this process */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
