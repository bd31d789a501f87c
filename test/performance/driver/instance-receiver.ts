/** Compares an instance with what was sent while it comes, so that nothing long is held or copied. */
import type { LoadInstance } from '../load/instance.ts';
import type { PartHead, PartReceiver } from './part-splitter.ts';
import { PieceCursor } from './piece-cursor.ts';

/** The file meta information ends within them. */
const OPENING_BYTES = 1_024;
/** Tag and VR of Media Storage SOP Instance UID, in explicit VR little endian (PS3.10 §7.1). */
const MEDIA_STORAGE_SOP_INSTANCE_UID = Buffer.from([0x02, 0x00, 0x03, 0x00, 0x55, 0x49]);

/**
 * One file. `find` says what must come under a SOP Instance UID, and throws if nothing must. A server that says another length
 * has written other file meta information: then all from the pixels on must be the same.
 */
export class InstanceReceiver implements PartReceiver {
  readonly #head: PartHead;
  readonly #find: (sopInstanceUid: string) => LoadInstance;
  #opening = Buffer.alloc(0);
  #expected: { readonly instance: LoadInstance; readonly cursor: PieceCursor } | undefined;
  /** Of file meta information that is not compared. */
  #toSkip = 0;

  constructor(head: PartHead, find: (sopInstanceUid: string) => LoadInstance) {
    this.#head = head;
    this.#find = find;
  }

  take(piece: Buffer): void {
    if (this.#expected !== undefined) {
      this.#compare(piece);
      return;
    }
    if (this.#opening.length === 0 && piece.length >= OPENING_BYTES) {
      this.#begin(piece);
      return;
    }
    this.#opening = Buffer.concat([this.#opening, piece]);
    if (this.#opening.length >= OPENING_BYTES) this.#begin(this.#opening);
  }

  end(): void {
    if (this.#expected === undefined) this.#begin(this.#opening);
    if (this.#expected?.cursor.isAtEnd() !== true) throw this.#different();
  }

  #begin(opening: Buffer): void {
    const instance = this.#find(sopInstanceUidOf(opening));
    const cursor = new PieceCursor(instance.pieces);
    const { length = instance.bytes } = this.#head;
    if (length !== instance.bytes) {
      cursor.skip(instance.pixelOffset);
      this.#toSkip = length - (instance.bytes - instance.pixelOffset);
    }
    this.#expected = { instance, cursor };
    this.#compare(opening);
  }

  #compare(piece: Buffer): void {
    const skipped = Math.max(0, Math.min(this.#toSkip, piece.length));
    this.#toSkip -= skipped;
    if (this.#expected?.cursor.startsWith(piece.subarray(skipped)) !== true) throw this.#different();
  }

  #different(): Error {
    return new Error(`${this.#expected?.instance.sopInstanceUid} came back with other bytes`);
  }
}

function sopInstanceUidOf(opening: Buffer): string {
  const at = opening.subarray(0, OPENING_BYTES).indexOf(MEDIA_STORAGE_SOP_INSTANCE_UID);
  if (at < 0) throw new Error('a part without file meta information');
  const from = at + MEDIA_STORAGE_SOP_INSTANCE_UID.length + 2;
  const length = opening.readUInt16LE(from - 2);
  return opening.toString('latin1', from, from + length).replace(/\0$/, '');
}
