/** Bytes that were sent before: the verdict is known without storing them again. */
import { countKnownRepeat, readExisting } from '@sandyq/database';
import type { Identification } from '@sandyq/dicom';
import type { FailureReasonName } from '@sandyq/dicomweb';
import { keyObjectSelectionUid } from '@sandyq/disposition';
import { faultOfTakenAway, RefusedError, type Sender, type Verdict } from '@sandyq/indexing';
import { mayBeNoteDue } from './act-on-note.ts';
import type { IngestDependencies } from './dependencies.ts';
import type { NoteRight } from './note-right.ts';

/** Who sends them, and whether their rejection notes are believed. */
export interface Repeating {
  readonly sender: Sender;
  readonly notes: NoteRight;
}

/**
 * The verdict on bytes that the archive holds (as the instance itself, as a proposed correction or in quarantine);
 * undefined for bytes it has never seen, or that only the commit can judge. Throws RefusedError for whatever comes under
 * the UID of an instance that was rejected or disposed of.
 */
export async function verdictOnRepeat(
  dependencies: IngestDependencies,
  { sender, notes }: Repeating,
  identification: Identification,
  sha256: string,
): Promise<Verdict | undefined> {
  const { sopInstanceUid, studyInstanceUid, seriesInstanceUid } = identification;
  const digest = Buffer.from(sha256, 'hex');
  const existing = (await readExisting(dependencies.database, [sopInstanceUid])).get(sopInstanceUid);
  const fault = await faultOfTakenAway(dependencies.database, sopInstanceUid, existing);
  if (fault !== undefined) throw new RefusedError(fault);
  if (existing === undefined) return undefined;
  const isSame =
    existing.sha256.equals(digest) &&
    existing.studyInstanceUid === studyInstanceUid &&
    existing.seriesInstanceUid === seriesInstanceUid;
  // Taken again: to say that it is known, and let go of the only whole copy, would be a false success.
  if (isSame && existing.isDamaged) return undefined;
  const mayBeNote = identification.sopClassUid === keyObjectSelectionUid;
  if (isSame && mayBeNote && (await mayBeNoteDue(dependencies, notes, existing))) return undefined;
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
