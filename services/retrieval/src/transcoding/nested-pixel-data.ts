/**
 * Compressed pixel data inside sequences, e.g. an icon (PS3.3 F.7): in another transfer syntax nobody could read it, so it
 * is decoded. Native pixel data may stand beside encapsulated (PS3.5 §A.4).
 */
import {
  type DataSet,
  type DataSetVisitor,
  type ElementStart,
  type NewValue,
  Tags,
  type TransferSyntax,
} from '@sandyq/dicom';
import { CodecError, type CodecPool, describePixels } from '@sandyq/pixel-data';

/** All of an instance together. */
const MOST_BYTES = 16 * 1024 * 1024;

interface Nested {
  readonly offset: number;
  readonly pieces: Uint8Array[];
}

/** Collects it while a header is read. */
export class NestedPixelData implements DataSetVisitor {
  readonly #found: Nested[] = [];
  #depth = 0;
  #open: Nested | undefined;
  #bytes = 0;

  onSequenceStart(): void {
    this.#depth += 1;
  }

  onSequenceEnd(): void {
    this.#depth -= 1;
  }

  onBulkStart({ tag, offset, length }: ElementStart): void {
    if (this.#depth === 0 || length !== undefined || tag !== Tags.PixelData) return;
    this.#open = { offset, pieces: [] };
    this.#found.push(this.#open);
  }

  onBulkData(piece: Uint8Array): void {
    if (this.#open === undefined) return;
    this.#bytes += piece.length;
    if (this.#bytes > MOST_BYTES) throw new CodecError('too-large', 'icons of more than 16 MiB');
    this.#open.pieces.push(Uint8Array.from(piece));
  }

  onBulkEnd(): void {
    this.#open = undefined;
  }

  onElement(): void {}
  onItemStart(): void {}
  onItemEnd(): void {}
  onBulkFragment(): void {}

  /** Native values for all of it, with what describes them, by the offsets of the old ones. @throws CodecError */
  async decode(
    dataSet: DataSet,
    { codecs, syntax, signal }: { codecs: CodecPool; syntax: TransferSyntax; signal: AbortSignal },
  ): Promise<ReadonlyMap<number, NewValue>> {
    const values = new Map<number, NewValue>();
    for (const { offset, pieces } of this.#found) {
      const item = itemWith(dataSet, offset);
      const description = item && describePixels(item, 'little');
      if (description === undefined) throw new CodecError('description-mismatch', 'an icon without a size');
      const icon = await codecs.decodeFrame(Buffer.concat(pieces), description, syntax, { signal });
      const put = (tag: number, value: NewValue) => {
        const element = item?.elements.get(tag);
        if (element !== undefined) values.set(element.offset, value);
      };
      const { photometricInterpretation, planarConfiguration, samples, bitsAllocated } = icon;
      put(Tags.PixelData, { vr: bitsAllocated > 8 ? 'OW' : 'OB', value: samples });
      if (photometricInterpretation !== description.photometricInterpretation) {
        put(Tags.PhotometricInterpretation, { vr: 'CS', value: Buffer.from(photometricInterpretation) });
      }
      put(Tags.PlanarConfiguration, { vr: 'US', value: Uint8Array.of(planarConfiguration, 0) });
    }
    return values;
  }
}

/** The item whose pixel data begins at the offset. */
function itemWith(dataSet: DataSet, offset: number): DataSet | undefined {
  for (const { tag, offset: start, items = [] } of dataSet.elements.values()) {
    if (tag === Tags.PixelData && start === offset) return dataSet;
    for (const item of items) {
      const found = itemWith(item, offset);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
