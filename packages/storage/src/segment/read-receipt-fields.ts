// The fields of a receipt of version 1, one by one. parse-receipt.ts checks that they fit each other.
import type { BulkElement, CharacterSetPlan, PixelDataLayout } from '@sandyq/dicom';
import { StorageError } from '../errors.ts';
import type { JsonReader } from './json-reader.ts';
import {
  type MetadataReference,
  type ReceiptEntry,
  type ReceivedPart,
  receiptType,
  receiptVersion,
  type SegmentHeader,
  type SegmentReceipt,
  type SegmentSource,
} from './receipt.ts';
import { segmentIdPattern } from './segment-key.ts';

const sha256Pattern = /^[0-9a-f]{64}$/;
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const pathPattern = /^[0-9A-F]{8}(\/[1-9]\d*\/[0-9A-F]{8})*$/;
const notEmpty = /./s;

/** Reads every field of a receipt. Errors: `damaged`; `unsupported-format` for another version. */
export function readReceiptFields(json: JsonReader): SegmentReceipt {
  json.field('type').oneOf(receiptType);
  const version = json.field('version').count();
  if (version !== receiptVersion) {
    throw new StorageError(
      'unsupported-format',
      `a receipt of version ${version}; this program reads version ${receiptVersion}`,
    );
  }
  return {
    ...readHeaderFields(json),
    segmentId: json.field('segmentId').text(segmentIdPattern),
    software: json.field('software').text(notEmpty),
    encryption: json.field('encryption').oneOf('none'),
    compression: json.field('compression').oneOf('none'),
    entries: json.field('entries').list(readEntryFields),
    metadata: readMetadata(json.field('metadata')),
    originals: json.field('originals').list(readReceiptFields),
  };
}

/** Reads the fields that are known before the first entry. Errors: `damaged`. */
export function readHeaderFields(json: JsonReader): Omit<SegmentHeader, 'originals'> {
  return {
    studyInstanceUid: json.field('studyInstanceUid').text(notEmpty),
    seriesInstanceUid: json.field('seriesInstanceUid').text(notEmpty),
    facility: json.field('facility').nullable((value) => value.text(notEmpty)),
    device: json.field('device').nullable((value) => value.text(notEmpty)),
    principal: json.field('principal').text(notEmpty),
    receivedAt: json.field('receivedAt').text(timePattern),
    source: readSource(json.field('source')),
  };
}

function readSource(json: JsonReader): SegmentSource {
  const kind = json.field('kind').oneOf('received', 'rewrite');
  if (kind === 'received') return { kind };
  return { kind, of: json.field('of').list((id) => id.text(segmentIdPattern)) };
}

function readMetadata(json: JsonReader): MetadataReference {
  return {
    offset: json.field('offset').count(),
    length: json.field('length').count(),
    sha256: json.field('sha256').text(sha256Pattern),
  };
}

/** Reads every field of one entry. Errors: `damaged`. */
export function readEntryFields(json: JsonReader): ReceiptEntry {
  return {
    ordinal: json.field('ordinal').count(),
    name: json.field('name').text(),
    role: json.field('role').oneOf('part10', 'received'),
    sopInstanceUid: json.field('sopInstanceUid').text(notEmpty),
    sopClassUid: json.field('sopClassUid').text(notEmpty),
    transferSyntaxUid: json.field('transferSyntaxUid').text(notEmpty),
    offset: json.field('offset').count(),
    length: json.field('length').count(),
    sha256: json.field('sha256').text(sha256Pattern),
    crc32: json.field('crc32').text(),
    characterSet: readCharacterSet(json.field('characterSet')),
    pixelData: json.field('pixelData').optional(readPixelData),
    bulk: json.field('bulk').optional((bulk) => bulk.list(readBulk)),
    received: json.field('received').optional(readReceivedPart),
    origin: json.field('origin').optional((id) => id.text(segmentIdPattern)),
  };
}

function readCharacterSet(json: JsonReader): CharacterSetPlan {
  return {
    flag: json.field('flag').oneOf('as-labelled', 'assumed', 'label-contradicted', 'unknown'),
    label: json.field('label').list((term) => term.text()),
    used: json.field('used').list((term) => term.text()),
  };
}

function readPixelData(json: JsonReader): PixelDataLayout {
  const kind = json.field('kind').oneOf('native', 'encapsulated');
  const offset = json.field('offset').count();
  const length = json.field('length').count();
  const frames = json.field('frames').count();
  if (kind === 'native') {
    const swappedWordBytes = json.field('swappedWordBytes').optional(readWordBytes);
    const deflated = json.field('deflated').optional((member) => member.true());
    return {
      kind,
      offset,
      length,
      frames,
      bitsPerFrame: json.field('bitsPerFrame').count(),
      ...(swappedWordBytes && { swappedWordBytes }),
      ...(deflated && { deflated }),
    };
  }
  return {
    kind,
    offset,
    length,
    frames,
    table: json.field('table').pair(),
    fragments: json.field('fragments').list((fragment) => fragment.pair()),
    firstFragments: json.field('firstFragments').optional((list) => list.list((index) => index.count())),
  };
}

function readWordBytes(json: JsonReader): 2 | 4 | 8 {
  const bytes = json.count();
  if (bytes !== 2 && bytes !== 4 && bytes !== 8) {
    throw new StorageError('damaged', `swappedWordBytes is ${bytes}, not 2, 4 or 8`);
  }
  return bytes;
}

function readBulk(json: JsonReader): BulkElement {
  return {
    path: json.field('path').text(pathPattern),
    vr: readVr(json.field('vr')),
    offset: json.field('offset').count(),
    length: json.field('length').count(),
  };
}

function readReceivedPart(json: JsonReader): ReceivedPart {
  return {
    contentType: json.field('contentType').text(),
    contentLocation: json.field('contentLocation').optional((location) => location.text()),
  };
}

function readVr(json: JsonReader): BulkElement['vr'] {
  return json.oneOf(...valueRepresentations);
}

/** PS3.5 Table 6.2-1. */
const valueRepresentations = [
  ...([
    'AE',
    'AS',
    'AT',
    'CS',
    'DA',
    'DS',
    'DT',
    'FD',
    'FL',
    'IS',
    'LO',
    'LT',
    'OB',
    'OD',
    'OF',
    'OL',
    'OV',
  ] as const),
  ...([
    'OW',
    'PN',
    'SH',
    'SL',
    'SQ',
    'SS',
    'ST',
    'SV',
    'TM',
    'UC',
    'UI',
    'UL',
    'UN',
    'UR',
    'US',
    'UT',
    'UV',
  ] as const),
] as const;
