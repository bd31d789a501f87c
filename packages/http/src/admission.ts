/**
 * How much may be received at a time (design §2.10). A request waits for its turn, reserves the bytes it announces before it sends
 * them, or grows its reservation as they come; what is beyond the bounds, or beyond the free disk, is turned away with 503 and a time
 * to come back.
 */
import { HttpError } from './errors.ts';
import { Places } from './places.ts';

/** Bounds and the disk. */
export interface AdmissionOptions {
  /** Most requests that are received at the same time. Default: no bound. */
  readonly maxRequests?: number;
  /** How long a request may wait for its turn, and for the bytes it announces, milliseconds. Default: it does not wait. */
  readonly maxWaitMs?: number;
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
  /** Told of every change of what is held. */
  readonly onChange?: (held: { readonly bytes: number; readonly requests: number }) => void;
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
/** Each is a connection, of which there is a bounded number. */
const MAX_WAITING = 100_000;
const BUSY_RETRY_SECONDS = 5;
const DISK_RETRY_SECONDS = 60;

/** Counts the reservations of a process. */
export class AdmissionControl {
  readonly #options: AdmissionOptions;
  readonly #now: () => number;
  readonly #places: Places;
  readonly #senders = new Map<string, number>();
  #total = 0;
  #disk: { readonly since: number; readonly free: Promise<number> } | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#now = options.monotonicMs ?? (() => performance.now());
    this.#places = new Places({
      places: options.maxRequests ?? Number.MAX_SAFE_INTEGER,
      maxWaitMs: options.maxWaitMs ?? 0,
      maxWaiting: MAX_WAITING,
      refusal: 'The archive is receiving as much as it can. Try again later.',
      monotonicMs: this.#now,
    });
  }

  /** Requests being received. */
  get requestsInFlight(): number {
    return this.#places.taken;
  }

  /** Bytes reserved in all. */
  get inFlightBytes(): number {
    return this.#total;
  }

  /**
   * Waits for the request's turn, then reserves what it announces (`Content-Length`; undefined: one step, to be grown). Rejects with
   * HttpError `overloaded`, which is 503 with Retry-After. A sender with nothing else in flight may go beyond the bounds once, so that
   * no object is too large for ever. `signal`: the client has left.
   */
  async admit(
    sender: string,
    announcedBytes: number | undefined,
    signal?: AbortSignal,
  ): Promise<Reservation> {
    const bytes = announcedBytes ?? STEP_BYTES;
    const take = (): boolean => this.#refusalOf(sender, bytes, 0) === undefined && this.#hold(sender, bytes);
    const leave = await this.#places.enter({ sender, take, signal });
    this.#tell();
    const reservation = this.#reservation(sender, bytes, leave);
    try {
      await this.#assertDisk(bytes);
      return reservation;
    } catch (error) {
      reservation.release();
      throw error;
    }
  }

  #reservation(sender: string, firstBytes: number, leave: () => void): Reservation {
    let held = firstBytes;
    let released = false;
    return {
      get bytes() {
        return held;
      },
      growTo: async (bytes) => {
        if (released) throw new HttpError('internal', 'The reservation was released.');
        if (bytes <= held) return;
        const more = Math.ceil((bytes - held) / STEP_BYTES) * STEP_BYTES;
        const refusal = this.#refusalOf(sender, more, held);
        if (refusal !== undefined) throw overloaded(refusal, BUSY_RETRY_SECONDS);
        this.#hold(sender, more);
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
        leave();
        this.#tell();
      },
    };
  }

  /** Why so many bytes more can't be had by a request that holds some. What follows has to be synchronous. */
  #refusalOf(sender: string, more: number, held: number): string | undefined {
    const ofSender = this.#senders.get(sender) ?? 0;
    const isAlone = ofSender === held;
    if (!isAlone && ofSender + more > this.#options.maxInFlightBytesPerSender) {
      return 'This sender has too much in flight.';
    }
    const isOnly = this.#total === held;
    if (!isOnly && this.#total + more > this.#options.maxInFlightBytes) {
      return 'The archive is receiving as much as it can.';
    }
    return undefined;
  }

  #hold(sender: string, more: number): true {
    this.#total += more;
    this.#senders.set(sender, (this.#senders.get(sender) ?? 0) + more);
    this.#tell();
    return true;
  }

  #tell(): void {
    this.#options.onChange?.({ bytes: this.#total, requests: this.#places.taken });
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

function overloaded(message: string, retryAfterSeconds: number): HttpError {
  return new HttpError('overloaded', `${message} Try again later.`, { retryAfterSeconds });
}
