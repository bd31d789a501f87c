/**
 * The DICOM JSON Model (PS3.18 Annex F) of a data set. Made once when an instance is stored; segments, index and
 * metadata answers carry it from then on.
 *
 * - Text is decoded by character-set.ts. Specific Character Set (0008,0005) then says ISO_IR 192, at top level where
 *   it was present or any text is beyond ASCII, in items where it was present: a reader who turns the JSON back into
 *   a data set writes UTF-8. What the source said is in the returned plan. (PS3.18 2025e §F.2.2 notes that the source's
 *   label may stay; readers that believe it, and there are such, then decode the JSON's text once more.)
 * - Left out: group lengths (PS3.18 §F.2.2), command and file meta groups (0000, 0002).
 * - Kept: private elements, UN (as InlineBinary; with their VR where the dictionary knows it), empty elements
 *   (without Value).
 * - Values the reader did not keep, and pixel data at top level, become BulkDataURI.
 * - InlineBinary is always little endian, whatever the source was: the JSON has no transfer syntax, and its readers
 *   take it for the encoding every other answer has.
 * - Members are in ascending order (§F.2.2); JavaScript however moves names like '60000010' to the front of an object,
 *   so text must be made by stringifyDicomJson, not by JSON.stringify.
 */
import type { AssumedCharacterSet } from './assumed-character-set.ts';
import { type CharacterSetDecoder, type CharacterSetPlan, decoderFor } from './character-set.ts';
import type { ByteOrder, DataSet, Element, PixelDataElement } from './data-set.ts';
import { implicitVrOf } from './implicit-vr.ts';
import { inlineBinaryOf, isNumericVr, isWholeNumbers, jsonNumbers, numberOrText } from './json-values.ts';
import { parsePersonName } from './person-name.ts';
import { type Tag, Tags, tagToHex } from './tag.ts';
import { decodeLatin1 } from './text-encoding.ts';
import { splitValues } from './text-values.ts';
import { intOf } from './values.ts';
import { isBinaryVr, type Vr } from './vr.ts';

/** A data set or item: attributes by tag, 'GGGGEEEE' in upper case (PS3.18 §F.2.2). */
export type DicomJson = Record<string, DicomJsonAttribute>;

/** One attribute; at most one of Value, BulkDataURI and InlineBinary, none for an empty value. */
export interface DicomJsonAttribute {
  vr: Vr;
  Value?: DicomJsonValue[];
  BulkDataURI?: string;
  InlineBinary?: string;
}

/** One value; null = an empty one among others (PS3.18 §F.2.5). */
export type DicomJsonValue = string | number | null | DicomJsonPersonName | DicomJson;

/** A person name; empty component groups are left out (PS3.18 §F.2.2). */
export interface DicomJsonPersonName {
  Alphabetic?: string;
  Ideographic?: string;
  Phonetic?: string;
}

/** What is needed of a Part10File. */
export interface DicomJsonSource {
  readonly dataSet: DataSet;
  readonly byteOrder: ByteOrder;
  readonly pixelData?: PixelDataElement | undefined;
}

/** Options of toDicomJson. */
export interface DicomJsonOptions {
  /** Declared for the sending device or its facility; see character-set.ts for when it counts. */
  readonly assumedCharacterSet?: AssumedCharacterSet | undefined;
  /** The BulkDataURI for the path of a BulkElement: '7FE00010' or '00880200/1/7FE00010'. */
  readonly bulkDataUri: (path: string) => string;
}

/** The JSON model and how its text was decoded. Never throws: a value that can't be read as its VR says is kept as text or left out. */
export function toDicomJson(
  file: DicomJsonSource,
  options: DicomJsonOptions,
): { json: DicomJson; characterSet: CharacterSetPlan } {
  const label = labelOf(file.dataSet) ?? [];
  const decoder = decoderFor(label, options.assumedCharacterSet);
  const builder = new JsonBuilder(options.bulkDataUri);
  const json = builder.dataSet(file.dataSet, '', file.dataSet.byteOrder ?? file.byteOrder, decoder);
  return {
    json: completed(json, file.pixelData, decoder.metNonAscii, options.bulkDataUri),
    characterSet: decoder.plan,
  };
}

/** The values of Specific Character Set (0008,0005); undefined if it is absent, [] if it is empty. */
export function labelOf({ elements }: DataSet): readonly string[] | undefined {
  const element = elements.get(Tags.SpecificCharacterSet);
  if (element === undefined) return undefined;
  return element.value === undefined ? [] : splitValues(decodeLatin1(element.value), 'CS');
}

class JsonBuilder {
  private readonly bulkDataUri: (path: string) => string;

  constructor(bulkDataUri: (path: string) => string) {
    this.bulkDataUri = bulkDataUri;
  }

  /** `path` = '' at top level, '00880200/1/' in the first item of a sequence. The reader bounds the depth. */
  dataSet(dataSet: DataSet, path: string, byteOrder: ByteOrder, decoder: CharacterSetDecoder): DicomJson {
    const json: DicomJson = {};
    let previous = -1;
    let isAscending = true;
    for (const element of dataSet.elements.values()) {
      if (isLeftOut(element.tag)) continue;
      if (element.tag < previous) isAscending = false;
      previous = element.tag;
      const name = tagToHex(element.tag);
      const known = element.vr === 'UN' ? withKnownVr(element, dataSet, byteOrder) : undefined;
      json[name] =
        known === undefined
          ? this.attribute(element, path + name, byteOrder, decoder)
          : this.attribute(known, path + name, 'little', decoder);
    }
    return isAscending ? json : inAscendingOrder(json);
  }

  private attribute(
    element: Element,
    path: string,
    byteOrder: ByteOrder,
    decoder: CharacterSetDecoder,
  ): DicomJsonAttribute {
    const { vr, value, items } = element;
    if (items !== undefined) return withValues('SQ', this.items(items, path, decoder));
    if (element.tag === Tags.SpecificCharacterSet) return { vr: 'CS', Value: ['ISO_IR 192'] };
    if (element.length === 0) return { vr };
    if (value === undefined || isTopLevelPixelData(path)) return { vr, BulkDataURI: this.bulkDataUri(path) };
    if (isBinaryVr(vr)) return { vr, InlineBinary: inlineBinaryOf(value, vr, byteOrder) };
    if (isNumericVr(vr)) return withValues(vr, jsonNumbers(value, vr, byteOrder));
    return withValues(vr, textValues(decoder.decode(value, vr), vr));
  }

  private items(items: readonly DataSet[], path: string, decoder: CharacterSetDecoder): DicomJson[] {
    return items.map((item, index) => {
      const label = labelOf(item) ?? [];
      const ofItem = label.length === 0 ? decoder : decoder.forItem(label);
      return this.dataSet(item, `${path}/${index + 1}/`, item.byteOrder ?? 'little', ofItem);
    });
  }
}

/**
 * An element written as UN whose VR is known after all, undefined if it is not: senders that passed it on without
 * knowing it wrote it so, as implicit VR little endian (PS3.5 §6.2.2). Sequences in UN are the reader's to open.
 */
function withKnownVr(element: Element, dataSet: DataSet, byteOrder: ByteOrder): Element | undefined {
  if (element.value === undefined) return undefined;
  const lookup = (tag: Tag): number | undefined =>
    tag === element.tag ? undefined : intOf(dataSet, tag, byteOrder);
  const vr = implicitVrOf(element.tag, lookup);
  if (vr === 'UN' || vr === 'SQ' || !isWholeNumbers(element.value, vr)) return undefined;
  return { ...element, vr };
}

/** Group lengths, command elements and file meta information. */
function isLeftOut(tag: Tag): boolean {
  const group = tag >>> 16;
  return (tag & 0xffff) === 0 || group === 0 || group === 2;
}

function isTopLevelPixelData(path: string): boolean {
  return path === '7FE00010' || path === '7FE00008' || path === '7FE00009';
}

function withValues(vr: Vr, values: DicomJsonValue[]): DicomJsonAttribute {
  return values.length === 0 ? { vr } : { vr, Value: values };
}

function textValues(values: readonly string[], vr: Vr): DicomJsonValue[] {
  if (vr === 'PN') return values.map((value) => personNameValue(value));
  if (vr === 'DS' || vr === 'IS')
    return values.map((value) => (value === '' ? null : numberOrText(value, vr)));
  return values.map((value) => (value === '' ? null : value));
}

function personNameValue(text: string): DicomJsonPersonName | null {
  if (text === '') return null;
  const { alphabetic, ideographic, phonetic } = parsePersonName(text);
  const value: DicomJsonPersonName = {};
  if (alphabetic !== undefined) value.Alphabetic = alphabetic;
  if (ideographic !== undefined) value.Ideographic = ideographic;
  if (phonetic !== undefined) value.Phonetic = phonetic;
  return value;
}

/** Adds what the top level must have and the elements did not bring: the character set, the pixel data. */
function completed(
  json: DicomJson,
  pixelData: PixelDataElement | undefined,
  isBeyondAscii: boolean,
  bulkDataUri: (path: string) => string,
): DicomJson {
  const characterSet = tagToHex(Tags.SpecificCharacterSet);
  const missing: DicomJson = {};
  if (isBeyondAscii && json[characterSet] === undefined) {
    missing[characterSet] = { vr: 'CS', Value: ['ISO_IR 192'] };
  }
  const pixels = pixelData === undefined ? undefined : tagToHex(pixelData.tag);
  if (pixelData !== undefined && pixels !== undefined && json[pixels] === undefined) {
    missing[pixels] = { vr: pixelData.vr, BulkDataURI: bulkDataUri(pixels) };
  }
  return Object.keys(missing).length === 0 ? json : inAscendingOrder({ ...json, ...missing });
}

function inAscendingOrder(json: DicomJson): DicomJson {
  return Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
}
