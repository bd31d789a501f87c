/** Rejection notes among what is stored (IHE RAD TF-3 §4.66): believed where the sender is a change requester. */
import { gunzipSync } from 'node:zlib';
import {
  type ExistingInstance,
  hasNoteTakenEffect,
  type Queryable,
  readMetadataPiecesOf,
} from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import {
  applyRejectionNote,
  keyObjectSelectionUid,
  parseRejectionNote,
  type RejectionNote,
} from '@sandyq/disposition';
import { exportDecision, type Sender, type StoredInstance, type Verdict } from '@sandyq/indexing';
import type { IngestDependencies } from './dependencies.ts';
import type { NoteRight } from './note-right.ts';

/** What was stored, and by whom. */
export interface StoredNote {
  readonly instance: StoredInstance;
  readonly verdict: Verdict;
  readonly sender: Sender;
  readonly notes: NoteRight;
}

/**
 * Hides what a stored note refers to, before its sender is told of success. One that is held out, or known as something
 * else, does nothing; one that another note has named beforehand acts as if that had come later. Throws what is trouble of ours: the sender sends it again, and it takes effect then.
 */
export async function actOnNote(
  dependencies: IngestDependencies,
  { instance, verdict, sender, notes }: StoredNote,
): Promise<void> {
  const isStored =
    verdict.kind === 'stored' && (verdict.warning ?? 'rejected-beforehand') === 'rejected-beforehand';
  if (!isStored || instance.entry.sopClassUid !== keyObjectSelectionUid) return;
  const note = parseRejectionNote(instance.json);
  if (note === undefined) return;
  await recordNote(notes, note);
  if (!notes.decision.allowed) {
    dependencies.logger.warn('rejection-note-not-believed', { reasonCode: Number(note.reasonCode) });
    return;
  }
  const { principalId, facility } = sender;
  await applyRejectionNote(dependencies, note, { principalId, facility });
}

/** One row for each study that it speaks of. */
async function recordNote(notes: NoteRight, { series }: RejectionNote): Promise<void> {
  const studies = new Set(series.map(({ studyInstanceUid }) => studyInstanceUid));
  for (const study of studies) await notes.record(study);
}

/**
 * Whether an instance that is known may be a note which has had no effect yet: it is read again. One that has had it is
 * answered when that is durable. Throws JournalError.
 */
export async function mayBeNoteDue(
  dependencies: IngestDependencies,
  { decision }: NoteRight,
  instance: Pick<ExistingInstance, 'studyKey' | 'sopInstanceUid'>,
): Promise<boolean> {
  if (!decision.allowed || (await isNoNote(dependencies.database, instance))) return false;
  if (!(await hasNoteTakenEffect(dependencies.database, instance.sopInstanceUid))) return true;
  await exportDecision(dependencies);
  return false;
}

/** By what the index keeps of it; false where it has lost that. */
async function isNoNote(
  database: Queryable,
  instance: Pick<ExistingInstance, 'studyKey' | 'sopInstanceUid'>,
): Promise<boolean> {
  const piece = (await readMetadataPiecesOf(database, [instance])).get(instance.sopInstanceUid);
  if (piece === undefined) return false;
  const json = JSON.parse(gunzipSync(piece).toString()) as DicomJson;
  return parseRejectionNote(json) === undefined;
}
