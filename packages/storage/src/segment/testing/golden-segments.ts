// Two small segments that were written once by version 1 and are never written again. Whatever becomes of the code,
// it must read them. What is in them stands here.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SegmentHeader } from '../receipt.ts';
import { metadataOf, type SampleEntry, sampleBytes } from './segment-kit.ts';

/** A stored segment: its key and bytes. */
export interface GoldenSegment {
  readonly key: string;
  readonly bytes: Buffer;
}

/** What was received, with every kind of entry. */
export const receivedGolden: GoldenSegment = {
  key: 'v1/2a/2a227136b1315ce8e0cb88ece7cf2045/019b7c00-0000-7000-8000-000000000001-edfb7efc2a1f59f0.tar',
  bytes: readFileSync(fileURLToPath(new URL('segment-v1-received.tar', import.meta.url))),
};

/** Two of these entries in a rewrite. */
export const rewrittenGolden: GoldenSegment = {
  key: 'v1/2a/2a227136b1315ce8e0cb88ece7cf2045/019b7c00-0000-7000-8000-000000000002-c6f005b2ddf2f412.tar',
  bytes: readFileSync(fileURLToPath(new URL('segment-v1-rewritten.tar', import.meta.url))),
};

/** Header of the received segment. */
export const goldenHeader: SegmentHeader = {
  studyInstanceUid: '1.2.276.0.7230010.3.1.2.1',
  seriesInstanceUid: '1.2.276.0.7230010.3.1.3.1',
  facility: 'Аягөз аудандық ауруханасы',
  device: undefined,
  principal: 'device:ct-1',
  receivedAt: '2026-01-02T03:04:05.678Z',
  source: { kind: 'received' },
};

const uid = '1.2.276.0.7230010.3.1.4';

/** Entries of the received segment. */
export const goldenEntries: readonly SampleEntry[] = [
  {
    request: { sopInstanceUid: `${uid}.1`, role: 'part10' },
    bytes: sampleBytes(1000, 1),
    pixelData: { kind: 'native', offset: 100, length: 802, bitsPerFrame: 3200, frames: 2 },
    bulk: [{ path: '00880200/1/7FE00010', vr: 'OW', offset: 20, length: 64 }],
  },
  {
    request: { sopInstanceUid: `${uid}.2`, role: 'part10' },
    bytes: sampleBytes(600, 2),
    pixelData: { kind: 'native', offset: 512, length: 4, bitsPerFrame: 9, frames: 3 },
  },
  {
    request: { sopInstanceUid: `${uid}.3`, role: 'part10' },
    bytes: sampleBytes(700, 3),
    pixelData: {
      kind: 'encapsulated',
      offset: 200,
      length: 166,
      table: [208, 8],
      fragments: [
        [224, 50],
        [282, 0],
        [290, 60],
      ],
      frames: 2,
      firstFragments: [0, 2],
    },
  },
  {
    request: {
      sopInstanceUid: `${uid}.4`,
      role: 'received',
      received: { contentType: 'application/octet-stream', contentLocation: 'bulk/1' },
    },
    bytes: sampleBytes(300, 4),
  },
  { request: { sopInstanceUid: `${uid}.4`, role: 'part10' }, bytes: sampleBytes(513, 5) },
  { request: { sopInstanceUid: `not a UID: ${'ұ'.repeat(20)}`, role: 'part10' }, bytes: sampleBytes(512, 6) },
  { request: { sopInstanceUid: `${uid}.7`, role: 'part10' }, bytes: Buffer.alloc(0) },
];

/** Lines of the received segment's metadata. */
export const goldenMetadata: readonly string[] = goldenEntries.map(({ request }) =>
  request.role === 'part10' ? metadataOf(request.sopInstanceUid) : 'null',
);
