/** Markers of JPEG 2000 and HTJ2K code streams (ISO/IEC 15444-1 Annex A, 15444-15 Annex A): main header and tile-parts. */
import { CodecError } from '../codec-errors.ts';
import { byteAt, endsIn, malformed, uint16At, uint32At } from './byte-reader.ts';
import type { CodestreamHeader } from './codestream-header.ts';

/** What the main header says, once every tile-part is known to be there. */
export interface Jpeg2000Codestream extends CodestreamHeader {
  /** The code stream itself, without a JP2 file around it (which PS3.5 §A.4.4 forbids and some writers embed). */
  readonly bytes: Uint8Array;
  readonly isSigned: boolean;
  /** Coded with the block coder of Part 15 (a CAP marker says so). */
  readonly isHighThroughput: boolean;
  /** The codec undoes RCT or ICT: what it gives is RGB. */
  readonly isColourTransformed: boolean;
}

const marker = { soc: 0xff4f, siz: 0xff51, cap: 0xff50, cod: 0xff52, sot: 0xff90, eoc: 0xffd9 } as const;

/** More would only be there to cost time: a DICOM frame has at most 65,535 × 65,535 pixels. */
const mostTiles = 65_535;

interface Size extends CodestreamHeader {
  readonly isSigned: boolean;
  readonly tiles: number;
}

/**
 * Reads the main header and walks all tile-parts: a code stream is whole when each tile has all its parts and the end
 * marker says that there are no more. Only an image of a single tile-part may do without.
 * @throws CodecError 'truncated-codestream', 'malformed-codestream', 'unsupported'
 */
export function readJpeg2000Codestream(encoded: Uint8Array): Jpeg2000Codestream {
  const bytes = withoutFileBoxes(encoded);
  if (uint16At(bytes, 0) !== marker.soc) throw malformed('no JPEG 2000 start marker (SOC)');
  let size: Size | undefined;
  let isHighThroughput = false;
  let isColourTransformed: boolean | undefined;
  let offset = 2;
  for (;;) {
    const code = uint16At(bytes, offset);
    if (code === marker.sot) break;
    const length = uint16At(bytes, offset + 2);
    if (code < 0xff00 || length < 2) throw malformed('main header that is not a run of markers');
    const segment = bytes.subarray(offset + 2, offset + 2 + length);
    if (segment.length < length) throw endsIn('the main header');
    if (code === marker.siz) size = readSize(segment);
    if (code === marker.cap) isHighThroughput = true;
    if (code === marker.cod) isColourTransformed = byteAt(segment, 6) === 1;
    offset += 2 + length;
  }
  if (size === undefined || isColourTransformed === undefined)
    throw malformed('main header without SIZ or COD');
  requireAllTileParts(bytes, offset, size.tiles);
  const { rows, columns, components, precision, isSigned } = size;
  return { bytes, rows, columns, components, precision, isSigned, isHighThroughput, isColourTransformed };
}

/** A JP2 file is a run of boxes (ISO/IEC 15444-1 Annex I); the code stream is the content of the box `jp2c`. */
function withoutFileBoxes(bytes: Uint8Array): Uint8Array {
  if (uint32At(bytes, 0) !== 12) return bytes;
  let offset = 0;
  while (offset < bytes.length) {
    const stated = uint32At(bytes, offset);
    const isExtended = stated === 1;
    const headerBytes = isExtended ? 16 : 8;
    const length = isExtended ? uint32At(bytes, offset + 8) * 2 ** 32 + uint32At(bytes, offset + 12) : stated;
    if (uint32At(bytes, offset + 4) === 0x6a703263) {
      return bytes.subarray(offset + headerBytes, stated === 0 ? bytes.length : offset + length);
    }
    if (length < headerBytes) throw malformed('JP2 box shorter than its header');
    offset += length;
  }
  throw endsIn('the boxes of a JP2 file: there is no code stream');
}

function readSize(segment: Uint8Array): Size {
  const [right, bottom, left, top] = [4, 8, 12, 16].map((at) => uint32At(segment, at)) as [
    number,
    number,
    number,
    number,
  ];
  const [tileWidth, tileHeight, tileLeft, tileTop] = [20, 24, 28, 32].map((at) => uint32At(segment, at)) as [
    number,
    number,
    number,
    number,
  ];
  const components = uint16At(segment, 36);
  if (segment.length !== 38 + 3 * components || components === 0)
    throw malformed('image size (SIZ) of the wrong length');
  if (right <= left || bottom <= top || tileWidth === 0 || tileHeight === 0)
    throw malformed('image size (SIZ) of nothing');
  const tiles = Math.ceil((right - tileLeft) / tileWidth) * Math.ceil((bottom - tileTop) / tileHeight);
  if (tiles < 1 || tiles > mostTiles) throw malformed(`${tiles} tiles`);
  const depth = byteAt(segment, 38);
  for (let index = 0; index < components; index++) {
    if (byteAt(segment, 38 + 3 * index) !== depth) throw unsupported('components of different depth');
    if (uint16At(segment, 39 + 3 * index) !== 0x0101) throw unsupported('subsampled components');
  }
  const precision = (depth & 0x7f) + 1;
  return { rows: bottom - top, columns: right - left, components, precision, isSigned: depth > 0x7f, tiles };
}

interface Tile {
  parts: number;
  /** 0 = not said yet. */
  announced: number;
}

/** Follows the lengths of the tile-parts (Psot) from the first to the end marker. */
function requireAllTileParts(bytes: Uint8Array, from: number, count: number): void {
  const tiles = new Map<number, Tile>();
  let offset = from;
  let hasEnd = false;
  while (!hasEnd && offset + 2 <= bytes.length) {
    const code = uint16At(bytes, offset);
    hasEnd = code === marker.eoc;
    // Padding behind tile-parts that are all there, as the last two bytes of a frame without an end marker.
    if (!hasEnd && code !== marker.sot) break;
    if (!hasEnd) offset = readTilePart(bytes, offset, count, tiles);
  }
  if (offset > bytes.length) throw endsIn('a tile-part');
  const all = [...tiles.values()];
  // Some writers announce one part too few: more parts are no fault.
  const isComplete = tiles.size === count && all.every(({ parts, announced }) => parts >= announced);
  if (!isComplete) throw endsIn('the image: tile-parts are missing');
  const isOnePart = count === 1 && all.every(({ parts, announced }) => parts === 1 && announced === 1);
  if (!hasEnd && !isOnePart) throw endsIn('the image: there is no end marker (EOC)');
}

/** Notes one tile-part and returns where it ends; a length of 0 means: at the end marker (ISO/IEC 15444-1 A.4.2). */
function readTilePart(bytes: Uint8Array, offset: number, count: number, tiles: Map<number, Tile>): number {
  const index = uint16At(bytes, offset + 4);
  const length = uint32At(bytes, offset + 6);
  const announced = byteAt(bytes, offset + 11);
  if (index >= count) throw malformed(`tile ${index} of ${count}`);
  if (length !== 0 && length < 14) throw malformed(`tile-part of ${length} bytes`);
  const tile = tiles.get(index) ?? { parts: 0, announced: 0 };
  tile.parts += 1;
  if (announced !== 0) tile.announced = announced;
  tiles.set(index, tile);
  return length === 0 ? endMarkerBefore(bytes) : offset + length;
}

/** Offset of the end marker with nothing but zero padding behind it. */
function endMarkerBefore(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 2 && bytes[end - 1] === 0) end--;
  if (uint16At(bytes, end - 2) !== marker.eoc) throw endsIn('the image: there is no end marker (EOC)');
  return end - 2;
}

function unsupported(what: string): CodecError {
  return new CodecError('unsupported', `JPEG 2000 with ${what}`);
}
