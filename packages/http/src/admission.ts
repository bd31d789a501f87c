/**
 * How much may be received at a time (design §2.10). A request reserves the bytes it announces before it sends them, or grows its
 * reservation as they come; what is beyond the bounds, or beyond the free disk, is turned away with 503 and a time to come back.
 */
import { HttpError } from './errors.ts';

/** Bounds and the disk. */
export interface AdmissionOptions {
  /** Most reserved bytes in all. */
  readonly maxInFlightBytes: number;
  /** Most reserved bytes of one sender. */
  readonly maxInFlightBytesPerSender: number;
  /** Free space that stays. */
  readonly minFreeDiskBytes: number;
  /** Free bytes on the disk of the spool. */
  readonly freeDiskBytes: () => Promise<number>;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs?: () => number;
}

/** What a request holds. To be released when its bytes are out of the spool, whatever the outcome. */
export interface Reservation {
  /** Bytes held. */
  readonly bytes: number;
  /**
   * Makes sure that so many bytes in all are held, in steps of 8 MiB. For bodies of unknown length, and for parts that grow when they
   * are unpacked. Rejects with `overloaded`; what is held stays held.
   */
  growTo(bytes: number): Promise<void>;
  /** Gives everything back; more calls do nothing. */
  release(): void;
}

const STEP_BYTES = 8 * 2 ** 20;
/** The disk is asked again after this time; reservations are subtracted meanwhile. */
const DISK_FRESH_MS = 500;
const BUSY_RETRY_SECONDS = 5;
const DISK_RETRY_SECONDS = 60;

/** Counts the reservations of a process. */
export class AdmissionControl {
  readonly #options: AdmissionOptions;
  readonly #now: () => number;
  readonly #senders = new Map<string, number>();
  #total = 0;
  #disk: { readonly since: number; readonly free: Promise<number> } | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#now = options.monotonicMs ?? (() => performance.now());
  }

  /** Bytes reserved in all. */
  get inFlightBytes(): number {
    return this.#total;
  }

  /**
   * Reserves what a request announces (`Content-Length`; undefined: one step, to be grown). Rejects with HttpError `overloaded`, which
   * is 503 with Retry-After. A sender with nothing else in flight may go beyond the bounds once, so that no object is too large for ever.
   */
  async admit(sender: string, announcedBytes: number | undefined): Promise<Reservation> {
    const reservation = this.#reservation(sender);
    await reservation.growTo(announcedBytes ?? STEP_BYTES);
    return reservation;
  }

  #reservation(sender: string): Reservation {
    let held = 0;
    let released = false;
    return {
      get bytes() {
        return held;
      },
      growTo: async (bytes) => {
        if (released) throw new HttpError('internal', 'The reservation was released.');
        if (bytes <= held) return;
        const more = roundedUp(bytes, held) - held;
        this.#reserve(sender, more, held);
        held += more;
        try {
          await this.#assertDisk(more);
        } catch (error) {
          if (!released) this.#giveBack(sender, more);
          if (!released) held -= more;
          throw error;
        }
      },
      release: () => {
        if (released) return;
        released = true;
        this.#giveBack(sender, held);
        held = 0;
      },
    };
  }

  /** Synchronous, so that two requests can't both take the last bytes. */
  #reserve(sender: string, more: number, held: number): void {
    const ofSender = this.#senders.get(sender) ?? 0;
    const alone = ofSender === held;
    if (!alone && ofSender + more > this.#options.maxInFlightBytesPerSender) {
      throw overloaded('This sender has too much in flight.', BUSY_RETRY_SECONDS);
    }
    if (this.#total !== held && this.#total + more > this.#options.maxInFlightBytes) {
      throw overloaded('The archive is receiving as much as it can.', BUSY_RETRY_SECONDS);
    }
    this.#total += more;
    this.#senders.set(sender, ofSender + more);
  }

  #giveBack(sender: string, bytes: number): void {
    this.#total -= bytes;
    const left = (this.#senders.get(sender) ?? 0) - bytes;
    if (left > 0) this.#senders.set(sender, left);
    else this.#senders.delete(sender);
  }

  /** Cautious: bytes that are written already are missing from the disk and still reserved. */
  async #assertDisk(more: number): Promise<void> {
    const now = this.#now();
    if (this.#disk === undefined || now - this.#disk.since >= DISK_FRESH_MS) {
      this.#disk = { since: now, free: this.#options.freeDiskBytes() };
    }
    const free = await this.#disk.free;
    if (more > 0 && free - this.#total < this.#options.minFreeDiskBytes) {
      throw overloaded('The archive is short of disk space.', DISK_RETRY_SECONDS);
    }
  }
}

/** The first reservation is exact; growth goes in steps. */
function roundedUp(bytes: number, held: number): number {
  return held === 0 ? bytes : held + Math.ceil((bytes - held) / STEP_BYTES) * STEP_BYTES;
}

function overloaded(message: string, retryAfterSeconds: number): HttpError {
  return new HttpError('overloaded', `${message} Try again later.`, { retryAfterSeconds });
}
