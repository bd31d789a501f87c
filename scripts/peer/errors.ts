/** What keeps the peer from running. */

/** Which way it failed: it can't be had on this machine, or it was there and did not come up. */
export type PeerErrorCode = 'peer-not-installable' | 'peer-start';

/** The peer is not there. The message is for the person at the terminal. */
export class PeerError extends Error {
  override readonly name = 'PeerError';
  readonly code: PeerErrorCode;

  constructor(code: PeerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
