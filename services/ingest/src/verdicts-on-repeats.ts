/** Bytes that were sent before: the verdict is known without storing them again. */
import { countKnownRepeat, readExisting } from '@sandyq/database';
import type { Identification } from '@sandyq/dicom';
import type { FailureReasonName } from '@sandyq/dicomweb';
import type { Sender, Verdict } from '@sandyq/indexing';
import type { IngestDependencies } from './dependencies.ts';

/**
 * The verdict on bytes that the archive holds (as the instance itself, as a proposed correction or in quarantine);
 * undefined for bytes it has never seen, or that only the commit can judge.
 */
export async function verdictOnRepeat(
  dependencies: IngestDependencies,
  sender: Sender,
  { sopInstanceUid, studyInstanceUid, seriesInstanceUid }: Identification,
  sha256: string,
): Promise<Verdict | undefined> {
  const digest = Buffer.from(sha256, 'hex');
  const existing = (await readExisting(dependencies.database, [sopInstanceUid])).get(sopInstanceUid);
  if (existing === undefined) return undefined;
  const isSame =
    existing.sha256.equals(digest) &&
    existing.studyInstanceUid === studyInstanceUid &&
    existing.seriesInstanceUid === seriesInstanceUid;
  // Taken again: to say that it is known, and let go of the only whole copy, would be a false success.
  if (isSame && existing.isDamaged) return undefined;
  if (isSame && existing.state === 'active') return { kind: 'stored', isKnown: true };
  if (isSame && existing.state === 'identity-conflict')
    return { kind: 'stored', warning: 'identity-conflict' };
  const known = await countKnownRepeat(dependencies.database, {
    facilityId: sender.facility.facilityId,
    sopInstanceUid,
    sha256: digest,
    receivedAt: dependencies.now(),
  });
  switch (known?.kind) {
    case 'equal':
      return { kind: 'stored', isKnown: true };
    case 'equal-in-another-encoding':
      return { kind: 'stored', warning: 'equal-in-another-encoding' };
    case 'proposed-correction':
      return { kind: 'stored', warning: 'proposed-correction' };
    case 'quarantine':
      return { kind: 'failed', reason: known.reason as FailureReasonName };
    case undefined:
      return undefined;
    default:
      return known satisfies never;
  }
}
