/** The Storage Commitment Response Module (PS3.18 §J.2): which instances are committed, and why the others are not. */
import type { CommitmentReference } from '@sandyq/database';
import { type DicomJson, Tags, tagToHex } from '@sandyq/dicom';

/** Failure Reasons (0008,1197) of Storage Commitment (PS3.3 C.14.1.1). */
export const CommitmentFailures = {
  /** The instance is here, but damaged, held, or could not be read. */
  processingFailure: 0x0110,
  noSuchInstance: 0x0112,
  classInstanceConflict: 0x0119,
} as const;

/** Stands for "committed" where Failure Reasons stand. */
export const COMMITTED = 0;

/** Writes the module; `outcomes` in the order of the references. */
export function commitmentResult(
  references: readonly CommitmentReference[],
  outcomes: readonly number[],
): DicomJson {
  const judged = references.map((reference, index) => ({
    reference,
    reason: outcomes[index] ?? CommitmentFailures.processingFailure,
  }));
  const committed = judged.filter(({ reason }) => reason === COMMITTED);
  const failed = judged.filter(({ reason }) => reason !== COMMITTED);
  return {
    ...sequence('ReferencedStudySequence', studyItems(committed)),
    ...sequence('FailedSOPSequence', failed.filter(isPlain).map(sopItem)),
    ...sequence('ReferencedSOPSequence', committed.filter(isPlain).map(sopItem)),
    ...sequence('FailedStudySequence', studyItems(failed)),
  };
}

interface Judged {
  readonly reference: CommitmentReference;
  readonly reason: number;
}

/** Whether the request named it without its study. */
function isPlain({ reference }: Judged): boolean {
  return reference.studyInstanceUid === undefined;
}

function sopItem(judged: Judged): DicomJson {
  const { sopClassUid, sopInstanceUid } = judged.reference;
  return {
    ...uid('ReferencedSOPClassUID', sopClassUid),
    ...uid('ReferencedSOPInstanceUID', sopInstanceUid),
    ...failureReason(judged),
  };
}

/** Studies → series → SOP classes → instances, each once, in the order of the request. */
function studyItems(judged: readonly Judged[]): DicomJson[] {
  const hierarchical = judged.filter((one) => !isPlain(one));
  const grouped = (members: readonly Judged[], key: keyof CommitmentReference) =>
    [...Map.groupBy(members, ({ reference }) => reference[key] ?? '')].map(([value, group]) => ({
      value,
      group,
    }));
  return grouped(hierarchical, 'studyInstanceUid').map((study) => ({
    ...sequence(
      'ReferencedSeriesSequence',
      grouped(study.group, 'seriesInstanceUid').map((series) => ({
        ...sequence(
          'ReferencedInstancesBySOPClassSequence',
          grouped(series.group, 'sopClassUid').map((sopClass) => ({
            ...sequence('ReferencedInstanceSequence', sopClass.group.map(instanceItem)),
            ...uid('ReferencedSOPClassUID', sopClass.value),
          })),
        ),
        ...uid('SeriesInstanceUID', series.value),
      })),
    ),
    ...uid('StudyInstanceUID', study.value),
  }));
}

function instanceItem(judged: Judged): DicomJson {
  return {
    ...uid('ReferencedSOPInstanceUID', judged.reference.sopInstanceUid),
    ...failureReason(judged),
  };
}

function failureReason({ reason }: Judged): DicomJson {
  return reason === COMMITTED ? {} : { [tagToHex(Tags.FailureReason)]: { vr: 'US', Value: [reason] } };
}

function uid(keyword: keyof typeof Tags, value: string): DicomJson {
  return { [tagToHex(Tags[keyword])]: { vr: 'UI', Value: [value] } };
}

function sequence(keyword: keyof typeof Tags, items: readonly DicomJson[]): DicomJson {
  return items.length === 0 ? {} : { [tagToHex(Tags[keyword])]: { vr: 'SQ', Value: [...items] } };
}
