/** What tests of faults send, and what they remember of it. */
import { createHash } from 'node:crypto';
import { type InstanceIds, type MadeInstance, makeNativeImage } from '../../support/made-instances.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

/** An instance that was sent, and what its sender knows. */
export interface SentInstance extends MadeInstance {
  readonly patientId: string;
  /** When it was sent first: the number of the kill, or of the day. */
  readonly round: number;
  acknowledged: boolean;
}

/** Bytes under a known UID whose sender was told that they are kept, though not as the instance. */
export interface KeptNewcomer extends InstanceIds {
  readonly sha256: string;
  readonly kind: 'proposed-correction' | 'duplicate-sop-instance';
}

/** Notes what is kept. */
export function keptNewcomer(kind: KeptNewcomer['kind'], ids: InstanceIds, bytes: Uint8Array): KeptNewcomer {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = ids;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { studyInstanceUid, seriesInstanceUid, sopInstanceUid, kind, sha256 };
}

/** A CT-like image that follows from its UID: mostly 8 KiB, some of 128 KiB, a few of 1 MiB. */
export function imageOf(
  ids: InstanceIds,
  patientId: string,
  { patientName = 'Сынақ^Айгүл', variant = 0 }: { patientName?: string; variant?: number } = {},
): Buffer {
  const hash = createHash('sha256').update(ids.sopInstanceUid).digest();
  const kind = hash.readUInt8(4);
  const rows = kind < 6 ? 724 : kind < 30 ? 256 : 64;
  const pixels = new SeededRandom(hash.readUInt32LE(0) + variant).bytes(rows * rows * 2);
  const attributes = { patientId, patientName, instanceNumber: hash.readUInt16LE(6) };
  return makeNativeImage(ids, { rows, columns: rows, pixels }, attributes).bytes;
}
