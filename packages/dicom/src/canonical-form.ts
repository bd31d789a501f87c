/**
 * A form of a data set that does not depend on its encoding, reduced to hashes as it is built:
 * - a value: its bytes in little endian, padded to an even length. Of standard attributes that are text: the UTF-8 of its values without padding,
 *   joined by backslashes. Short ones stand for themselves, longer ones are replaced by their SHA-256.
 * - a sequence: the SHA-256 of each item; one without items is an empty value. A value of VR UN that consists of items in
 *   implicit VR is a sequence (PS3.5 §6.2.2), because that is what private sequences become in implicit VR.
 * - a data set or item: tag, kind and content of each element by ascending tag, of repeated ones the first.
 * Values of private attributes are bytes, whatever their VR, because implicit VR does not tell it.
 */
import { hash } from 'node:crypto';
import type { BulkContents } from './bulk-contents.ts';
import type { CharacterSetDecoder } from './character-set.ts';
import type { ByteOrder, DataSet, Element } from './data-set.ts';
import { isPixelDataTag } from './data-set-builder.ts';
import { entryOfTag } from './dictionary.ts';
import { paddingByteOf } from './explicit-output.ts';
import { readImplicitItems } from './implicit-items.ts';
import { labelOf } from './json-model.ts';
import { isPrivateTag, type Tag, Tags } from './tag.ts';
import { isTextVr } from './text-vr.ts';
import { swapWords, wordBytesOf } from './word-swapper.ts';

/** What the form of an element depends on besides itself. */
export interface CanonicalContext {
  readonly byteOrder: ByteOrder;
  readonly decoder: CharacterSetDecoder;
  readonly bulk: BulkContents;
  /** Nesting so far; deeper than `deepestNesting` values are bytes. */
  readonly depth: number;
}

const deepestNesting = 64;
/** Longer contents are replaced by their SHA-256, which together with the length byte has another length. */
const longestInlineBytes = 47;
const hashed = 0xff;
const replacementCharacter = '\uFFFD';

const valueKind = 0x56;
const itemsKind = 0x49;
const fragmentsKind = 0x46;

/** Describe the encoding, or are judged apart (pixel data): no content of the instance's attributes. */
const leftOut: ReadonlySet<Tag> = new Set([
  Tags.LengthToEnd,
  Tags.SpecificCharacterSet,
  Tags.ExtendedOffsetTable,
  Tags.ExtendedOffsetTableLengths,
  Tags.EncapsulatedPixelDataValueTotalLength,
  Tags.DataSetTrailingPadding,
]);

/** SHA-256 over the elements of a data set that `isIncluded` wants. */
export function digestDataSet(
  dataSet: DataSet,
  context: CanonicalContext,
  isIncluded: (tag: Tag) => boolean = () => true,
): Buffer {
  const parts: Uint8Array[] = [];
  const ascending = [...dataSet.elements.values()].sort((left, right) => left.tag - right.tag);
  for (const element of ascending) {
    const { tag } = element;
    if ((tag & 0xffff) === 0 || leftOut.has(tag) || !isIncluded(tag)) continue;
    if (context.depth === 0 && isPixelDataTag(tag)) continue;
    parts.push(tagBytes(tag), contentOf(element, context));
  }
  return sha256(Buffer.concat(parts));
}

function contentOf(element: Element, context: CanonicalContext): Buffer {
  if (element.items !== undefined) return itemsContent(element.items, context);
  if (element.value !== undefined) return valueContent(element, element.value, context);
  const bulk = context.bulk.get(element.offset);
  if (bulk === undefined) return compact(valueKind, new Uint8Array(0));
  if (bulk.kind === 'value') return valueContent(element, bulk.value, context);
  return Buffer.concat([
    Uint8Array.of(bulk.kind === 'fragments' ? fragmentsKind : valueKind, hashed),
    bulk.sha256,
  ]);
}

function itemsContent(items: readonly DataSet[], context: CanonicalContext): Buffer {
  if (items.length === 0) return compact(valueKind, new Uint8Array(0));
  const digests = items.map((item) => digestDataSet(item, contextOf(item, context)));
  return compact(itemsKind, Buffer.concat(digests));
}

function contextOf(item: DataSet, context: CanonicalContext): CanonicalContext {
  const label = labelOf(item) ?? [];
  return {
    ...context,
    depth: context.depth + 1,
    byteOrder: item.byteOrder ?? 'little',
    decoder: label.length === 0 ? context.decoder : context.decoder.forItem(label),
  };
}

function valueContent({ tag, vr }: Element, value: Uint8Array, context: CanonicalContext): Buffer {
  if (vr === 'UN' && context.depth < deepestNesting) {
    const hidden = readImplicitItems(value);
    if (hidden !== undefined) return itemsContent(hidden.items, { ...context, bulk: hidden.bulk });
  }
  const text = textOf(tag, value, context.decoder);
  if (text !== undefined) return compact(valueKind, Buffer.from(text, 'utf8'));
  const wordBytes = context.byteOrder === 'big' ? wordBytesOf(vr) : 1;
  const even = value.length % 2 === 0 ? value : Buffer.concat([value, Uint8Array.of(paddingByteOf(vr))]);
  return compact(valueKind, wordBytes === 1 ? even : swapWords(even, wordBytes));
}

/** Text of a standard attribute; undefined if it is none or bytes in it mean nothing, so that no two different ones meet. */
function textOf(tag: Tag, value: Uint8Array, decoder: CharacterSetDecoder): string | undefined {
  const vr = isPrivateTag(tag) ? undefined : entryOfTag(tag)?.vr;
  if (vr === undefined || !isTextVr(vr)) return undefined;
  const text = decoder.decode(value, vr).join('\\');
  return text.includes(replacementCharacter) ? undefined : text;
}

function compact(kind: number, content: Uint8Array): Buffer {
  return content.length <= longestInlineBytes
    ? Buffer.concat([Uint8Array.of(kind, content.length), content])
    : Buffer.concat([Uint8Array.of(kind, hashed), sha256(content)]);
}

function tagBytes(tag: Tag): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(tag);
  return bytes;
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}
