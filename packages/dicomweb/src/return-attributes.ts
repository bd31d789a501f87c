/** The attributes a search result has without being asked (PS3.18 Tables 10.6.3-3, 10.6.3-4 and 10.6.3-5). */
import { type Tag, Tags } from '@sandyq/dicom';
import type { SearchLevel } from './supported-attributes.ts';

/**
 * Whether a result always has the attribute ('always': types U and R; empty if the value is unknown)
 * or only when its value is known ('if-known': type C).
 */
export type ReturnRule = 'always' | 'if-known';

/** One line of the tables. */
export interface ReturnAttribute {
  readonly tag: Tag;
  readonly rule: ReturnRule;
  /** Attributes of its items, if it is a sequence. */
  readonly items?: readonly Tag[];
}

const always = (tag: Tag): ReturnAttribute => ({ tag, rule: 'always' });
const ifKnown = (tag: Tag): ReturnAttribute => ({ tag, rule: 'if-known' });

/** The attributes of each level alone. Specific Character Set is sent because the DICOM JSON model is UTF-8 (PS3.18 F.2). */
export const returnAttributes: Readonly<Record<SearchLevel, readonly ReturnAttribute[]>> = {
  study: [
    ifKnown(Tags.SpecificCharacterSet),
    always(Tags.StudyDate),
    always(Tags.StudyTime),
    always(Tags.AccessionNumber),
    ifKnown(Tags.InstanceAvailability),
    always(Tags.ModalitiesInStudy),
    always(Tags.ReferringPhysicianName),
    ifKnown(Tags.TimezoneOffsetFromUTC),
    always(Tags.RetrieveURL),
    always(Tags.PatientName),
    always(Tags.PatientID),
    always(Tags.PatientBirthDate),
    always(Tags.PatientSex),
    always(Tags.StudyInstanceUID),
    always(Tags.StudyID),
    always(Tags.NumberOfStudyRelatedSeries),
    always(Tags.NumberOfStudyRelatedInstances),
  ],
  series: [
    ifKnown(Tags.SpecificCharacterSet),
    always(Tags.Modality),
    ifKnown(Tags.TimezoneOffsetFromUTC),
    ifKnown(Tags.SeriesDescription),
    always(Tags.RetrieveURL),
    always(Tags.SeriesInstanceUID),
    always(Tags.SeriesNumber),
    always(Tags.NumberOfSeriesRelatedInstances),
    ifKnown(Tags.PerformedProcedureStepStartDate),
    ifKnown(Tags.PerformedProcedureStepStartTime),
    {
      tag: Tags.RequestAttributesSequence,
      rule: 'if-known',
      items: [Tags.ScheduledProcedureStepID, Tags.RequestedProcedureID],
    },
  ],
  instance: [
    ifKnown(Tags.SpecificCharacterSet),
    always(Tags.SOPClassUID),
    always(Tags.SOPInstanceUID),
    ifKnown(Tags.InstanceAvailability),
    ifKnown(Tags.TimezoneOffsetFromUTC),
    always(Tags.RetrieveURL),
    always(Tags.InstanceNumber),
    ifKnown(Tags.Rows),
    ifKnown(Tags.Columns),
    ifKnown(Tags.BitsAllocated),
    ifKnown(Tags.NumberOfFrames),
  ],
};

/**
 * The levels whose attributes the results of a search have (PS3.18 §10.6.3.3): its own, and those above that the
 * path of the request does not fix.
 */
export function returnedLevels(
  level: SearchLevel,
  scope: { readonly studyInstanceUid?: string | undefined; readonly seriesInstanceUid?: string | undefined },
): readonly SearchLevel[] {
  const levels: SearchLevel[] = [];
  if (level === 'study' || scope.studyInstanceUid === undefined) levels.push('study');
  if (level !== 'study' && (level === 'series' || scope.seriesInstanceUid === undefined))
    levels.push('series');
  if (level === 'instance') levels.push('instance');
  return levels;
}
