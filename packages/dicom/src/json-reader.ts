/**
 * Reads one data set of the DICOM JSON Model (PS3.18 Annex F) as a client sends it, into what compose-part10.ts writes.
 * Lenient where the meaning is clear (any order of members, numbers as text and text as numbers, lower-case tags), strict
 * where it is not: a value that its VR cannot have is an error that names the element.
 */

import {
  ComposeBudget,
  type ComposedDataSet,
  type ComposedInstance,
  DataSetComposer,
  exceeded,
} from './compose-data-set.ts';
import { type ComposeLimits, defaultComposeLimits } from './compose-limits.ts';
import { bytesOfBase64, ValueEncoder } from './compose-values.ts';
import { DicomError } from './errors.ts';
import { implicitVrOf } from './implicit-vr.ts';
import { JsonCursor } from './json-cursor.ts';
import type { Tag } from './tag.ts';
import { isBinaryVr, isVr, type Vr } from './vr.ts';

/** The members of an attribute, as far as they could be read before its VR is known. */
interface AttributeMembers {
  vr: string | undefined;
  /** Where Value begins, if it is there and is no list of items. */
  value: number | undefined;
  /** The items, if Value is a list of these. */
  items: ComposedDataSet[] | undefined;
  inlineBinary: string | undefined;
  bulkDataUri: string | undefined;
}

/** How often text may be passed twice. Sequences are not, wherever their `vr` stands; other values are not nested. */
const readingsOfText = 8;

/** How a list of items begins, also before its `vr` is known: sorted members put it last. */
const beginsWithItem = /\s*\[\s*\{\s*"[0-9A-Fa-f]{8}"\s*:/y;

/**
 * Reads a data set.
 *
 * @param text one JSON object
 * @throws DicomError 'malformed', 'limit-exceeded'; messages carry no value
 */
export function readDicomJson(text: string, limits: ComposeLimits = defaultComposeLimits): ComposedInstance {
  const budget = new ComposeBudget(limits);
  const reader = new DicomJsonReader(text, budget);
  const dataSet = reader.dataSet(new DataSetComposer(budget, 0));
  reader.end();
  return { dataSet, transferSyntaxUid: budget.transferSyntaxUid, bulk: budget.bulk };
}

class DicomJsonReader {
  readonly #cursor: JsonCursor;
  readonly #budget: ComposeBudget;
  #skippable: number;

  constructor(text: string, budget: ComposeBudget) {
    this.#cursor = new JsonCursor(text);
    this.#budget = budget;
    this.#skippable = readingsOfText * text.length;
  }

  dataSet(composer: DataSetComposer): ComposedDataSet {
    this.#cursor.object((name) => {
      if (!/^[0-9a-f]{8}$/i.test(name)) {
        throw new DicomError('malformed', 'An attribute of the JSON is not named by 8 hexadecimal digits');
      }
      this.#attribute(composer, Number.parseInt(name, 16));
    });
    return composer.finish();
  }

  end(): void {
    this.#cursor.end();
  }

  #attribute(composer: DataSetComposer, tag: Tag): void {
    const members: AttributeMembers = {
      vr: undefined,
      value: undefined,
      items: undefined,
      inlineBinary: undefined,
      bulkDataUri: undefined,
    };
    if (this.#kindIs('object', tag)) {
      this.#cursor.object((name) => this.#member(composer, members, name, tag));
    }
    const end = this.#cursor.position;
    const { value, items, inlineBinary, bulkDataUri } = members;
    if ([value, items, inlineBinary, bulkDataUri].filter((each) => each !== undefined).length > 1) {
      throw malformed(tag, 'has more than one of Value, InlineBinary, BulkDataURI');
    }
    const vr = vrOf(tag, members, composer);
    if (bulkDataUri !== undefined) composer.bulk(tag, vr, bulkDataUri);
    else if (vr === 'SQ') composer.sequence(tag, items ?? this.#itemsAt(composer, tag, value, inlineBinary));
    else if (items !== undefined) throw malformed(tag, `of VR ${vr} has items`);
    else if (value === undefined) composer.value(tag, vr, bytesOf(tag, inlineBinary));
    else composer.value(tag, vr, this.#valuesAt(tag, vr, value));
    this.#cursor.position = end;
  }

  #member(composer: DataSetComposer, members: AttributeMembers, name: string, tag: Tag): void {
    switch (name) {
      case 'vr':
        members.vr = this.#cursor.string();
        return;
      case 'InlineBinary':
        members.inlineBinary = this.#text();
        return;
      case 'BulkDataURI':
        members.bulkDataUri = this.#text();
        return;
      case 'Value':
        if (this.#cursor.peek() === 'null') this.#cursor.literal();
        else if (members.vr === 'SQ' || this.#cursor.looksAt(beginsWithItem)) {
          members.items = this.#items(composer, tag);
        } else if (this.#kindIs('array', tag)) {
          members.value = this.#cursor.position;
          this.#skip();
        }
        return;
      default:
        // Members of later editions, and of those who add their own, say nothing that could be kept.
        this.#skip();
    }
  }

  /** Passes a value, to read it when its VR is known, or never. */
  #skip(): void {
    const from = this.#cursor.position;
    this.#cursor.skip();
    this.#skippable -= this.#cursor.position - from;
    if (this.#skippable < 0) throw exceeded('values that would have to be read too often');
  }

  #text(): string | undefined {
    if (this.#cursor.peek() !== 'null') return this.#cursor.string();
    this.#cursor.literal();
    return undefined;
  }

  #kindIs(kind: 'object' | 'array', tag: Tag): true {
    if (this.#cursor.peek() === kind) return true;
    throw malformed(tag, `is or has something else than an ${kind}`);
  }

  /** Items that do not look like any: an empty list, or one that begins with an empty item. */
  #itemsAt(
    composer: DataSetComposer,
    tag: Tag,
    position: number | undefined,
    inlineBinary: string | undefined,
  ): ComposedDataSet[] {
    if (inlineBinary !== undefined) throw malformed(tag, 'is a sequence and has InlineBinary');
    if (position === undefined) return [];
    this.#cursor.position = position;
    return this.#items(composer, tag);
  }

  #valuesAt(tag: Tag, vr: Vr, position: number): Uint8Array {
    this.#cursor.position = position;
    if (!isBinaryVr(vr)) return this.#encoded(tag, vr);
    let isEmpty = true;
    this.#cursor.array(() => {
      isEmpty &&= this.#cursor.peek() === 'null';
      this.#cursor.skip();
    });
    if (!isEmpty) throw malformed(tag, `of VR ${vr} has Value; InlineBinary or BulkDataURI is expected`);
    return new Uint8Array();
  }

  #items(composer: DataSetComposer, tag: Tag): ComposedDataSet[] {
    const items: ComposedDataSet[] = [];
    this.#cursor.array(() => {
      const item = composer.item();
      // An item without attributes is null among others, or empty (PS3.18 §F.2.5).
      if (this.#cursor.peek() === 'null') {
        this.#cursor.literal();
        items.push(item.finish());
      } else if (this.#kindIs('object', tag)) items.push(this.dataSet(item));
    });
    return items;
  }

  /** A lone null is an empty element, also of VRs whose values cannot be empty. */
  #encoded(tag: Tag, vr: Vr): Uint8Array {
    const encoder = new ValueEncoder(tag, vr);
    let beganEmpty = false;
    this.#cursor.array(() => {
      const value = vr === 'PN' ? this.#personName(tag) : this.#value(tag, vr);
      if (beganEmpty) encoder.add('');
      beganEmpty = value === '' && encoder.count === 0 && !beganEmpty;
      if (!beganEmpty) encoder.add(value);
      if (encoder.count > this.#budget.limits.values) throw exceeded('an element with too many values');
    });
    return encoder.finish();
  }

  /** The text of a value; '' for null. */
  #value(tag: Tag, vr: Vr): string {
    switch (this.#cursor.peek()) {
      case 'string':
        return this.#cursor.string();
      case 'number':
        return vr === 'AT' ? tagOfNumber(this.#cursor.number()) : this.#cursor.number();
      case 'null':
        this.#cursor.literal();
        return '';
      default:
        throw malformed(tag, 'has a value that is neither text nor number');
    }
  }

  /** Component groups joined as PS3.5 §6.2.1 has them. */
  #personName(tag: Tag): string {
    if (this.#cursor.peek() !== 'object') return this.#value(tag, 'PN');
    const groups = { Alphabetic: '', Ideographic: '', Phonetic: '' };
    this.#cursor.object((name) => {
      if (name !== 'Alphabetic' && name !== 'Ideographic' && name !== 'Phonetic') this.#skip();
      else groups[name] = this.#text() ?? '';
    });
    return `${groups.Alphabetic}=${groups.Ideographic}=${groups.Phonetic}`.replace(/=+$/, '');
  }
}

/**
 * The VR as stated, which is required (PS3.18 §F.2.2); for old writers that leave it out, the dictionary's. A VR that this
 * edition does not know is kept as UN, where bytes are given.
 */
function vrOf(tag: Tag, { vr: stated, items }: AttributeMembers, composer: DataSetComposer): Vr {
  if (stated === undefined && items !== undefined) return 'SQ';
  if (stated === undefined) {
    return implicitVrOf(tag, (other) => {
      const value = composer.valueOf(other);
      return value === undefined || value.length < 2
        ? undefined
        : Buffer.from(value.buffer, value.byteOffset).readUInt16LE();
    });
  }
  if (isVr(stated)) return stated;
  if (/^[A-Z]{2}$/.test(stated)) return 'UN';
  throw malformed(tag, 'has a vr that is none');
}

/** Some writers have tags as numbers: 2621456 = 00280010. */
function tagOfNumber(digits: string): string {
  return Number(digits).toString(16).padStart(8, '0');
}

function bytesOf(tag: Tag, inlineBinary: string | undefined): Uint8Array {
  if (inlineBinary === undefined) return new Uint8Array();
  const bytes = bytesOfBase64(inlineBinary);
  if (bytes === undefined) throw malformed(tag, 'has InlineBinary that is not base64');
  return bytes;
}

function malformed(tag: Tag, what: string): DicomError {
  return new DicomError('malformed', `The attribute ${what}`, { tag });
}
