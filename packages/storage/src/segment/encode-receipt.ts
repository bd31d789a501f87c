// Receipt → canonical JSON (RFC 8785: keys sorted, no white space), so that one receipt has one encoding and an
// original carried inside a rewrite can be checked against its own digest.
import type { BulkElement, PixelDataLayout } from '@sandyq/dicom';
import {
  type ReceiptEntry,
  receiptType,
  receiptVersion,
  type SegmentHeader,
  type SegmentReceipt,
} from './receipt.ts';

/**
 * UTF-8 of the receipt's canonical JSON. Absent optional fields are left out; `facility` and `device` are null when
 * unknown. Checks nothing: what is stored goes through `parseReceipt` as well, which also
 * refuses lone surrogates, for which RFC 8785 has no form.
 */
export function encodeReceipt(receipt: SegmentReceipt): Buffer {
  return Buffer.from(JSON.stringify(receiptJson(receipt)), 'utf8');
}

/** Canonical JSON of one entry as it stands in the receipt. */
export function encodeReceiptEntry(entry: ReceiptEntry): string {
  return JSON.stringify(entryJson(entry));
}

/** The fields that are known before the first entry, as they stand in the receipt. */
export function headerJson({ source, ...header }: Omit<SegmentHeader, 'originals'>) {
  return {
    device: header.device ?? null,
    facility: header.facility ?? null,
    principal: header.principal,
    receivedAt: header.receivedAt,
    seriesInstanceUid: header.seriesInstanceUid,
    source: source.kind === 'received' ? { kind: source.kind } : { kind: source.kind, of: source.of },
    studyInstanceUid: header.studyInstanceUid,
  };
}

// All objects below are built with their keys in the order of RFC 8785 §3.2.3 (UTF-16 code units).

function receiptJson(receipt: SegmentReceipt): object {
  const { metadata } = receipt;
  const header = headerJson(receipt);
  return {
    compression: receipt.compression,
    device: header.device,
    encryption: receipt.encryption,
    entries: receipt.entries.map(entryJson),
    facility: header.facility,
    metadata: { length: metadata.length, offset: metadata.offset, sha256: metadata.sha256 },
    originals: receipt.originals.map(receiptJson),
    principal: header.principal,
    receivedAt: header.receivedAt,
    segmentId: receipt.segmentId,
    seriesInstanceUid: header.seriesInstanceUid,
    software: receipt.software,
    source: header.source,
    studyInstanceUid: header.studyInstanceUid,
    type: receiptType,
    version: receiptVersion,
  };
}

function entryJson(entry: ReceiptEntry): object {
  const { bulk, characterSet, origin, pixelData, received } = entry;
  return {
    ...(bulk && { bulk: bulk.map(bulkJson) }),
    characterSet: { flag: characterSet.flag, label: characterSet.label, used: characterSet.used },
    crc32: entry.crc32,
    length: entry.length,
    name: entry.name,
    offset: entry.offset,
    ordinal: entry.ordinal,
    ...(origin !== undefined && { origin }),
    ...(pixelData && { pixelData: pixelDataJson(pixelData) }),
    ...(received && { received: receivedJson(received) }),
    role: entry.role,
    sha256: entry.sha256,
    sopClassUid: entry.sopClassUid,
    sopInstanceUid: entry.sopInstanceUid,
    transferSyntaxUid: entry.transferSyntaxUid,
  };
}

function bulkJson({ length, offset, path, vr }: BulkElement): object {
  return { length, offset, path, vr };
}

function pixelDataJson(layout: PixelDataLayout): object {
  const { frames, kind, length, offset } = layout;
  if (layout.kind === 'native') {
    const { bitsPerFrame, deflated, swappedWordBytes } = layout;
    return {
      bitsPerFrame,
      ...(deflated && { deflated }),
      frames,
      kind,
      length,
      offset,
      ...(swappedWordBytes && { swappedWordBytes }),
    };
  }
  const { firstFragments, fragments, table } = layout;
  return { ...(firstFragments && { firstFragments }), fragments, frames, kind, length, offset, table };
}

function receivedJson({ contentLocation, contentType }: NonNullable<ReceiptEntry['received']>): object {
  return { ...(contentLocation !== undefined && { contentLocation }), contentType };
}
