/**
 * Which instances could not be converted, and why: a fault that shows in the middle of a long answer breaks it off; the
 * next answer leaves the instance out, or says so at once. Of this process, and bounded; nothing depends on it but that.
 */
import type { CodecError } from '@sandyq/pixel-data';
import { isLasting } from './codec-fault.ts';

/** The latest faults by instance and transfer syntax. */
export class KnownFaults {
  readonly #most: number;
  readonly #faults = new Map<string, CodecError>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Why the bytes with this SHA-256 can't be had in the transfer syntax; undefined where nothing is known. */
  find(sha256: Buffer, transferSyntaxUid: string): CodecError | undefined {
    return this.#faults.get(keyOf(sha256, transferSyntaxUid));
  }

  /** Takes note of a fault; of those that may pass nothing is kept. */
  note(sha256: Buffer, transferSyntaxUid: string, fault: CodecError): void {
    if (!isLasting(fault)) return;
    const key = keyOf(sha256, transferSyntaxUid);
    this.#faults.delete(key);
    this.#faults.set(key, fault);
    const [oldest] = this.#faults.keys();
    if (this.#faults.size > this.#most && oldest !== undefined) this.#faults.delete(oldest);
  }
}

function keyOf(sha256: Buffer, transferSyntaxUid: string): string {
  return `${sha256.toString('base64')} ${transferSyntaxUid}`;
}
