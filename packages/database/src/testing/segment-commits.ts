/** Makes segments to commit, as ingest would after it stored them, for tests of the index alone. */
import { hash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { DicomJson } from '@sandyq/dicom';
import type { InstanceCommit, SegmentCommit } from '../commit/facts.ts';

export interface FakeInstance {
  readonly sopInstanceUid: string;
  readonly patientId?: string | undefined;
  /** Seed of the received bytes' digest; defaults to the UID. */
  readonly bytes?: string;
  readonly attributes?: DicomJson;
}

export interface FakeSegment {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly facilityId: number;
  readonly issuerId: number;
  readonly instances: readonly FakeInstance[];
}

export function segmentCommit(segment: FakeSegment): SegmentCommit {
  const segmentId = randomUUID();
  return {
    segmentId,
    objectKey: `v1/00/${segmentId}.tar`,
    studyInstanceUid: segment.studyInstanceUid,
    seriesInstanceUid: segment.seriesInstanceUid,
    facilityId: segment.facilityId,
    deviceId: undefined,
    principalId: 'test',
    sizeBytes: 10_240,
    receiptSha256: sha256(segmentId),
    receivedAt: new Date('2026-03-01T08:00:00Z'),
    clockOffsetMs: undefined,
    instances: segment.instances.map((instance, index) => instanceCommit(segment, instance, index)),
  };
}

function instanceCommit(segment: FakeSegment, instance: FakeInstance, index: number): InstanceCommit {
  const json: DicomJson = {
    '00080018': { vr: 'UI', Value: [instance.sopInstanceUid] },
    '00080020': { vr: 'DA', Value: ['20260301'] },
    '00080060': { vr: 'CS', Value: ['CT'] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Doe^Jane' }] },
    '00200013': { vr: 'IS', Value: [index + 1] },
    ...instance.attributes,
  };
  return {
    sopInstanceUid: instance.sopInstanceUid,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    ordinal: index + 1,
    entryOffset: 512 + index * 1_024,
    entryLength: 512,
    sha256: sha256(instance.bytes ?? instance.sopInstanceUid),
    pixelData: undefined,
    bulkData: [],
    crc32: Buffer.alloc(4),
    characterSet: { label: ['ISO_IR 192'], used: ['ISO_IR 192'], flag: 'as-labelled' },
    patient: {
      issuerId: segment.issuerId,
      issuerAssigned: true,
      patientId: 'patientId' in instance ? instance.patientId : 'P1',
    },
    accessionIssuerId: segment.issuerId,
    json,
    metadataGzip: gzipSync(JSON.stringify(json), { level: 1 }),
  };
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
