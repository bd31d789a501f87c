/** One attribute of the Native DICOM Model while its element is read. */
import type { ComposedDataSet, DataSetComposer } from './compose-data-set.ts';
import { bytesOfBase64, ValueEncoder } from './compose-values.ts';
import { DicomError } from './errors.ts';
import type { Tag } from './tag.ts';
import { isTextVr } from './text-vr.ts';
import { isBinaryVr, isVr, type Vr } from './vr.ts';

/** Gathers what stands in a `DicomAttribute`. */
export class XmlAttribute {
  readonly tag: Tag;
  readonly vr: Vr;
  readonly #longest: number;
  readonly #values: (string | undefined)[] = [];
  readonly #items: (ComposedDataSet | undefined)[] = [];
  #inlineBinary: string | undefined;
  #bulkUri: string | undefined;

  /** `longest`: most values. Throws DicomError 'malformed' for a tag or VR that is none. */
  constructor(tag: string | undefined, vr: string | undefined, longest: number) {
    if (tag === undefined || !/^[0-9a-f]{8}$/i.test(tag))
      throw new DicomError('malformed', 'A DicomAttribute has no tag of 8 hexadecimal digits');
    this.tag = Number.parseInt(tag, 16);
    this.#longest = longest;
    if (vr === undefined || !/^[A-Z]{2}$/.test(vr)) throw this.malformed('has no vr of two letters');
    // A VR that this edition does not know is kept as UN, where bytes are given.
    this.vr = isVr(vr) ? vr : 'UN';
  }

  /** A `Value` or a person name, with its `number`. */
  value(number: string | undefined, text: string): void {
    this.#place(this.#values, number, text);
  }

  /** An `Item` with its `number`. */
  item(number: string | undefined, item: ComposedDataSet): void {
    this.#place(this.#items, number, item);
  }

  /** The text of `InlineBinary`. */
  inlineBinary(text: string): void {
    this.#inlineBinary = text;
  }

  /** The `uri` of `BulkData`. */
  bulk(uri: string | undefined): void {
    if (uri === undefined) throw this.malformed('has BulkData without uri');
    this.#bulkUri = uri;
  }

  /** Adds it to its data set, under a tag that may be another than the one written. */
  addTo(composer: DataSetComposer, tag: Tag): void {
    const kinds = [this.#values.length, this.#items.length, this.#inlineBinary, this.#bulkUri];
    if (kinds.filter((kind) => kind !== undefined && kind !== 0).length > 1)
      throw this.malformed('has more than one of Value, Item, InlineBinary, BulkData');
    if (this.#bulkUri !== undefined) composer.bulk(tag, this.vr, this.#bulkUri);
    else if (this.vr === 'SQ') composer.sequence(tag, this.#allItems(composer));
    else composer.value(tag, this.vr, this.#bytes());
  }

  /** DicomError 'malformed' that names the element. */
  malformed(what: string): DicomError {
    return new DicomError('malformed', `The DicomAttribute ${what}`, { tag: this.tag });
  }

  /** Numbers count from 1; what has none follows the one before. */
  #place<T>(list: (T | undefined)[], number: string | undefined, value: T): void {
    const index = number === undefined ? list.length : Number(number) - 1;
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.#longest)
      throw this.malformed('has a value whose number is none');
    if (list[index] !== undefined) throw this.malformed('has two values of one number');
    while (list.length < index) list.push(undefined);
    list[index] = value;
  }

  #allItems(composer: DataSetComposer): ComposedDataSet[] {
    if (this.#values.length > 0 || this.#inlineBinary !== undefined)
      throw this.malformed('is a sequence and has values');
    return this.#items.map((item) => item ?? composer.item().finish());
  }

  #bytes(): Uint8Array {
    if (this.#items.length > 0) throw this.malformed(`of VR ${this.vr} has items`);
    if (this.#inlineBinary !== undefined) {
      const bytes = bytesOfBase64(this.#inlineBinary);
      if (bytes === undefined) throw this.malformed('has InlineBinary that is not base64');
      return bytes;
    }
    const isEmpty = this.#values.every((value) => (value ?? '') === '');
    if (isEmpty && (this.#values.length <= 1 || !isTextVr(this.vr))) return new Uint8Array();
    if (isBinaryVr(this.vr)) throw this.malformed(`of VR ${this.vr} has Value; InlineBinary is expected`);
    const encoder = new ValueEncoder(this.tag, this.vr);
    for (const value of this.#values) encoder.add(isTextVr(this.vr) ? (value ?? '') : (value ?? '').trim());
    return encoder.finish();
  }
}
