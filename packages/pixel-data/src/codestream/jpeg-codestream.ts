/** Markers of JPEG (ISO/IEC 10918-1 Annex B) and JPEG-LS (ISO/IEC 14495-1 Annex C) code streams, from SOI to EOI. No decoding. */
import { byteAt, endsIn, malformed, uint16At } from './byte-reader.ts';
import type { CodestreamHeader } from './codestream-header.ts';

/** The coding process that the frame header (SOF) names; 'other' = hierarchical or arithmetic. */
export type JpegProcess = 'sequential' | 'progressive' | 'lossless' | 'jpeg-ls' | 'other';

/** What the markers of a whole code stream say. */
export interface JpegCodestream extends CodestreamHeader {
  readonly process: JpegProcess;
  /** Whether the colour components are red, green, blue or luminance and chroma; undefined where the stream does not say. */
  readonly colour: 'rgb' | 'ycbcr' | undefined;
}

const marker = {
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  dnl: 0xdc,
  app0: 0xe0,
  app14: 0xee,
  sofJpegLs: 0xf7,
} as const;

interface MutableFacts {
  frame?: {
    readonly process: JpegProcess;
    readonly ids: readonly number[];
    readonly isSubsampled: boolean;
  } & CodestreamHeader;
  jfif: boolean;
  adobeTransform?: number;
  scans: Scan[];
}

interface Scan {
  readonly components: readonly number[];
  readonly first: number;
  readonly last: number;
  readonly low: number;
}

/**
 * Walks the markers of a whole code stream.
 * @throws CodecError 'truncated-codestream' where EOI, a scan or progressive detail is missing, 'malformed-codestream'
 */
export function readJpegCodestream(bytes: Uint8Array): JpegCodestream {
  if (byteAt(bytes, 0) !== 0xff || byteAt(bytes, 1) !== marker.soi)
    throw malformed('no JPEG start marker (SOI)');
  const facts: MutableFacts = { jfif: false, scans: [] };
  let offset = 2;
  for (;;) {
    const code = nextMarker(bytes, offset);
    offset = code.offset;
    if (code.value === marker.eoi) break;
    const length = uint16At(bytes, offset);
    if (length < 2) throw malformed(`marker segment of ${length} bytes`);
    if (offset + length > bytes.length) throw endsIn('a marker segment');
    readSegment(bytes.subarray(offset, offset + length), code.value, facts);
    offset += length;
    if (code.value === marker.sos)
      offset = entropyCodedEnd(bytes, offset, facts.frame?.process === 'jpeg-ls');
  }
  const { frame } = facts;
  if (frame === undefined) throw malformed('no frame header (SOF)');
  if (facts.scans.length === 0) throw endsIn('the headers: there is no scan');
  if (frame.process === 'progressive') requireAllBits(frame.ids, facts.scans);
  else requireAllComponents(frame.ids, facts.scans);
  const { rows, columns, components, precision, process } = frame;
  return { rows, columns, components, precision, process, colour: colourOf(frame, facts) };
}

/** A marker may be preceded by fill bytes FF; some writers leave a few others, which decoders skip too. */
function nextMarker(bytes: Uint8Array, from: number): { readonly value: number; readonly offset: number } {
  let offset = bytes.indexOf(0xff, from);
  while (offset !== -1 && (bytes[offset + 1] === 0xff || bytes[offset + 1] === 0)) {
    offset = bytes.indexOf(0xff, offset + 1);
  }
  const value = bytes[offset + 1];
  if (offset === -1 || value === undefined) throw endsIn('the image: there is no end marker (EOI)');
  return { value, offset: offset + 2 };
}

/** In JPEG, FF00 and restart markers belong to the data; in JPEG-LS every FF followed by a byte below 80H. */
function entropyCodedEnd(bytes: Uint8Array, from: number, isJpegLs: boolean): number {
  let offset = bytes.indexOf(0xff, from);
  while (offset !== -1) {
    const next = bytes[offset + 1];
    if (next === undefined) break;
    const isData = isJpegLs ? next < 0x80 : next === 0 || next === 0xff;
    if (!isData && !(next >= 0xd0 && next <= 0xd7)) return offset;
    offset = bytes.indexOf(0xff, offset + (next === 0xff ? 1 : 2));
  }
  throw endsIn('the compressed data: there is no end marker (EOI)');
}

function readSegment(segment: Uint8Array, code: number, facts: MutableFacts): void {
  if (isFrameHeader(code)) {
    if (facts.frame !== undefined) throw malformed('two frame headers (SOF)');
    facts.frame = readFrameHeader(segment, code);
  } else if (code === marker.sos) {
    facts.scans.push(readScanHeader(segment));
  } else if (code === marker.app0) {
    facts.jfif ||= Buffer.from(segment.subarray(2, 7)).equals(Buffer.from('JFIF\0', 'latin1'));
  } else if (code === marker.app14 && Buffer.from(segment.subarray(2, 7)).equals(Buffer.from('Adobe'))) {
    facts.adobeTransform = byteAt(segment, 13);
  } else if (code === marker.dnl) {
    throw malformed('number of lines behind the scan (DNL)');
  }
}

/** SOF0–SOF15 without DHT, JPG and DAC, which lie between them, and JPEG-LS's SOF55. */
function isFrameHeader(code: number): boolean {
  return (
    code === marker.sofJpegLs ||
    (code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc)
  );
}

function processOf(code: number): JpegProcess {
  if (code === 0xc0 || code === 0xc1) return 'sequential';
  if (code === 0xc2) return 'progressive';
  if (code === 0xc3) return 'lossless';
  return code === marker.sofJpegLs ? 'jpeg-ls' : 'other';
}

function readFrameHeader(segment: Uint8Array, code: number): NonNullable<MutableFacts['frame']> {
  const components = byteAt(segment, 7);
  if (segment.length !== 8 + 3 * components) throw malformed('frame header (SOF) of the wrong length');
  const ids: number[] = [];
  const samplings = new Set<number>();
  for (let index = 0; index < components; index++) {
    ids.push(byteAt(segment, 8 + 3 * index));
    samplings.add(byteAt(segment, 9 + 3 * index));
  }
  const rows = uint16At(segment, 3);
  const columns = uint16At(segment, 5);
  if (rows === 0 || columns === 0 || components === 0)
    throw malformed('frame header (SOF) of an empty image');
  const facts = { rows, columns, components, precision: byteAt(segment, 2) };
  return { ...facts, process: processOf(code), ids, isSubsampled: samplings.size > 1 };
}

function readScanHeader(segment: Uint8Array): Scan {
  const count = byteAt(segment, 2);
  if (segment.length !== 6 + 2 * count) throw malformed('scan header (SOS) of the wrong length');
  const components = Array.from({ length: count }, (_, index) => byteAt(segment, 3 + 2 * index));
  const end = 3 + 2 * count;
  return {
    components,
    first: byteAt(segment, end),
    last: byteAt(segment, end + 1),
    low: byteAt(segment, end + 2) & 15,
  };
}

/** A sequential image cut between its scans has every marker in place but lacks a component. */
function requireAllComponents(ids: readonly number[], scans: readonly Scan[]): void {
  const seen = new Set(scans.flatMap(({ components }) => components));
  if (ids.some((id) => !seen.has(id))) throw endsIn('the image: a component has no scan');
}

/** A progressive image cut between its scans would look soft, not broken: each coefficient needs its lowest bit. */
function requireAllBits(ids: readonly number[], scans: readonly Scan[]): void {
  for (const id of ids) {
    const isRefined = new Uint8Array(64);
    for (const { components, first, last, low } of scans) {
      if (low === 0 && components.includes(id)) isRefined.fill(1, first, last + 1);
    }
    if (isRefined.includes(0)) throw endsIn('the image: progressive scans are missing');
  }
}

/** Adobe's marker decides, then JFIF (always YCbCr), component names, and chroma that is subsampled. */
function colourOf(frame: NonNullable<MutableFacts['frame']>, facts: MutableFacts): JpegCodestream['colour'] {
  if (frame.components !== 3) return undefined;
  if (facts.adobeTransform !== undefined) return facts.adobeTransform === 0 ? 'rgb' : 'ycbcr';
  if (facts.jfif) return 'ycbcr';
  if (String.fromCharCode(...frame.ids) === 'RGB') return 'rgb';
  return frame.isSubsampled ? 'ycbcr' : undefined;
}
