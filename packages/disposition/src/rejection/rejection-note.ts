/**
 * Rejection notes (IHE RAD TF-3 §4.66): Key Object Selection documents (PS3.3 §A.35.4) whose title says that the instances
 * they refer to are not to be used. Pure.
 */
import { type DicomJson, isUsableUid, type Tag, Tags, tagToHex } from '@sandyq/dicom';
import { parseRejectionReason, type RejectionReasonCode } from '@sandyq/retention';

/** Key Object Selection Document Storage (PS3.4 Table B.5-1). */
export const keyObjectSelectionUid = '1.2.840.10008.5.1.4.1.1.88.59';

/** Instances of one series that a note refers to. */
export interface NotedSeries {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUids: readonly string[];
}

/** What a note asks for. */
export interface RejectionNote {
  readonly noteUid: string;
  readonly reasonCode: RejectionReasonCode;
  /** Of Current Requested Procedure Evidence Sequence (0040,A375), each series once. */
  readonly series: readonly NotedSeries[];
}

/** The note, if the data set is one; undefined for any other document. */
export function parseRejectionNote(json: DicomJson): RejectionNote | undefined {
  const noteUid = textIn(json, Tags.SOPInstanceUID);
  if (textIn(json, Tags.SOPClassUID) !== keyObjectSelectionUid || noteUid === undefined) return undefined;
  const [title] = itemsIn(json, Tags.ConceptNameCodeSequence);
  if (title === undefined || textIn(title, Tags.CodingSchemeDesignator) !== 'DCM') return undefined;
  const reasonCode = parseRejectionReason(textIn(title, Tags.CodeValue) ?? '');
  return reasonCode && { noteUid, reasonCode, series: seriesOf(json) };
}

function seriesOf(json: DicomJson): NotedSeries[] {
  const bySeries = new Map<string, NotedSeries & { readonly sopInstanceUids: string[] }>();
  for (const study of itemsIn(json, Tags.CurrentRequestedProcedureEvidenceSequence)) {
    const studyInstanceUid = uidIn(study, Tags.StudyInstanceUID);
    for (const series of itemsIn(study, Tags.ReferencedSeriesSequence)) {
      const seriesInstanceUid = uidIn(series, Tags.SeriesInstanceUID);
      if (studyInstanceUid === undefined || seriesInstanceUid === undefined) continue;
      const name = `${studyInstanceUid} ${seriesInstanceUid}`;
      const noted = bySeries.get(name) ?? { studyInstanceUid, seriesInstanceUid, sopInstanceUids: [] };
      const uids = itemsIn(series, Tags.ReferencedSOPSequence).flatMap(
        (reference) => uidIn(reference, Tags.ReferencedSOPInstanceUID) ?? [],
      );
      noted.sopInstanceUids.push(...uids);
      bySeries.set(name, noted);
    }
  }
  return [...bySeries.values()];
}

function itemsIn(json: DicomJson, tag: Tag): DicomJson[] {
  const values: readonly unknown[] = json[tagToHex(tag)]?.Value ?? [];
  return values.filter((value): value is DicomJson => typeof value === 'object' && value !== null);
}

/** undefined also for what no instance can have been stored under. */
function uidIn(json: DicomJson, tag: Tag): string | undefined {
  const text = textIn(json, tag);
  return text !== undefined && isUsableUid(text) ? text : undefined;
}

/** Without surrounding spaces and NUL; undefined where absent or empty. */
function textIn(json: DicomJson, tag: Tag): string | undefined {
  const value: unknown = json[tagToHex(tag)]?.Value?.[0];
  const text = typeof value === 'string' ? value.replaceAll('\u0000', '').trim() : '';
  return text === '' ? undefined : text;
}
