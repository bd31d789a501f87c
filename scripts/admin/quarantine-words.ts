/** What decisions on quarantine would do, and what they did, in words. */
import type { Quarantined } from '@sandyq/database';
import { failureReasons, warningReasons } from '@sandyq/dicomweb';
import type { Accepted, Replaced } from '@sandyq/indexing';
import { formatBytes } from '../terminal/format.ts';

export function acceptancePlan(entry: Quarantined): string {
  const what = entryName(entry);
  switch (entry.reason) {
    case 'foreign-study':
      return `${what} would join study ${entry.studyInstanceUid ?? ''}, although that belongs to another facility's patient.`;
    case 'duplicate-sop-instance':
      return `${what} cannot be accepted while another instance has its SOP Instance UID: see "judge-again" and "replace".`;
    case 'rejected-instance':
      return `${what} cannot be accepted while the instance of its SOP Instance UID is rejected: see "npm run retention -- rejections". After it is restored this one would be read and judged anew.`;
    case 'disposed-instance':
      return `${what} cannot be accepted: the instance of its SOP Instance UID was disposed of, and the UID stays taken.`;
    default:
      return (
        `${what} would be read and judged anew, as the reader and the device's declarations are today. ` +
        'If it still cannot be indexed, it stays where it is.'
      );
  }
}

export function replacementPlan(entry: Quarantined): string {
  return (
    `${entryName(entry)} would take SOP Instance UID ${entry.sopInstanceUid ?? ''} over. The instance that has it now ` +
    'would vanish from search and retrieval; its bytes would be listed in quarantine as replaced.'
  );
}

export function discardPlan(entry: Quarantined): string {
  const how =
    entry.segmentId === undefined ? 'deleted' : 'given up; they are deleted when their segment is rewritten';
  return `${entryName(entry)}: the bytes would be ${how}. This cannot be undone.`;
}

export function acceptedWords({ quarantineId, verdict, studyInstanceUid, sopInstanceUid }: Accepted): string {
  const instance = `SOP instance ${sopInstanceUid} of study ${studyInstanceUid}`;
  if (verdict.kind === 'failed') {
    const { meaning } = failureReasons[verdict.reason];
    return `The objection of entry ${quarantineId} is lifted, but another one stands: ${meaning}. ${instance} is in quarantine for it.`;
  }
  if (verdict.warning !== undefined) {
    return `Quarantine entry ${quarantineId} is accepted: ${instance}. ${warningReasons[verdict.warning].meaning}.`;
  }
  return `Quarantine entry ${quarantineId} is accepted: ${instance} is in the archive.`;
}

export function replacedWords({
  quarantineId,
  replacedQuarantineId,
  sopInstanceUid,
  isHeld,
}: Replaced): string {
  const held = isHeld ? ' It is held out of search and retrieval: its study belongs to another patient.' : '';
  return (
    `SOP instance ${sopInstanceUid} is the one of quarantine entry ${quarantineId} now. ` +
    `The one before is quarantine entry ${replacedQuarantineId ?? ''}.${held}`
  );
}

function entryName({ quarantineId, reason, entryLength }: Quarantined): string {
  return `Quarantine entry ${quarantineId} (${reason}, ${formatBytes(entryLength)})`;
}
