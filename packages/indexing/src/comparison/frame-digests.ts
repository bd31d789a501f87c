/** What the frames of an instance show, reduced to digests while they pass. */
import { createHash, hash } from 'node:crypto';
import { canonicalSamples, type DecodedFrame } from '@sandyq/pixel-data';

/** Digests of so many frames are held by themselves, so that a difference shows early. */
const FIRST_FRAMES = 1024;

/** Digests of canonical samples and of what their values mean: size, bits and Photometric Interpretation. */
export class FrameDigests {
  readonly #all = createHash('sha256');
  readonly #first: Buffer[] = [];
  #count = 0;
  #sum: Buffer | undefined;

  add(frame: DecodedFrame): void {
    const { rows, columns, samplesPerPixel, bitsAllocated, photometricInterpretation } = frame;
    const meaning = [rows, columns, samplesPerPixel, bitsAllocated, photometricInterpretation].join(' ');
    const samples = canonicalSamples(frame);
    const digest = Buffer.concat([hash('sha256', meaning, 'buffer'), hash('sha256', samples, 'buffer')]);
    this.#all.update(digest);
    if (this.#count < FIRST_FRAMES) this.#first.push(digest);
    this.#count += 1;
  }

  /** False once the frame that was added last is another than the one of the same number in `whole`. */
  mayEqual(whole: FrameDigests): boolean {
    const index = this.#count - 1;
    if (index >= FIRST_FRAMES) return true;
    const [own, its] = [this.#first[index], whole.#first[index]];
    return own !== undefined && its !== undefined && own.equals(its);
  }

  /** Whether both have the same frames; nothing can be added afterwards. */
  equals(other: FrameDigests): boolean {
    return this.#count === other.#count && this.#finish().equals(other.#finish());
  }

  #finish(): Buffer {
    this.#sum ??= this.#all.digest();
    return this.#sum;
  }
}
