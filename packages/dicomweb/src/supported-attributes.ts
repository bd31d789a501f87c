/**
 * The attributes that searches can match, by level (PS3.18 Table 10.6.1-5 and more). `isRequired` marks those of
 * the standard's table.
 */
import { type Tag, Tags, type Vr } from '@sandyq/dicom';

/** A level of the Study Root information model (PS3.4 C.6.2). */
export type SearchLevel = 'study' | 'series' | 'instance';

/** An attribute that searches can match. */
export interface SupportedAttribute {
  /** Tags from the data set down to the attribute; more than one for attributes in a sequence. */
  readonly path: readonly Tag[];
  readonly level: SearchLevel;
  readonly vr: Vr;
  /** Whether PS3.18 Table 10.6.1-5 requires it. */
  readonly isRequired: boolean;
}

type Row = readonly [vr: Vr, ...path: Tag[]];

interface LevelTable {
  readonly required: readonly Row[];
  readonly further: readonly Row[];
}

const levelTables: Readonly<Record<SearchLevel, LevelTable>> = {
  study: {
    required: [
      ['DA', Tags.StudyDate],
      ['TM', Tags.StudyTime],
      ['SH', Tags.AccessionNumber],
      ['CS', Tags.ModalitiesInStudy],
      ['PN', Tags.ReferringPhysicianName],
      ['PN', Tags.PatientName],
      ['LO', Tags.PatientID],
      ['UI', Tags.StudyInstanceUID],
      ['SH', Tags.StudyID],
    ],
    further: [
      ['LO', Tags.StudyDescription],
      ['LO', Tags.IssuerOfPatientID],
      ['DA', Tags.PatientBirthDate],
      ['CS', Tags.PatientSex],
      ['LO', Tags.InstitutionName],
    ],
  },
  series: {
    required: [
      ['CS', Tags.Modality],
      ['UI', Tags.SeriesInstanceUID],
      ['IS', Tags.SeriesNumber],
      ['DA', Tags.PerformedProcedureStepStartDate],
      ['TM', Tags.PerformedProcedureStepStartTime],
      ['SH', Tags.RequestAttributesSequence, Tags.ScheduledProcedureStepID],
      ['SH', Tags.RequestAttributesSequence, Tags.RequestedProcedureID],
    ],
    further: [
      ['LO', Tags.SeriesDescription],
      ['CS', Tags.BodyPartExamined],
      ['DA', Tags.SeriesDate],
      ['TM', Tags.SeriesTime],
      ['LO', Tags.Manufacturer],
      ['LO', Tags.ManufacturerModelName],
      ['SH', Tags.StationName],
      ['LO', Tags.DeviceSerialNumber],
    ],
  },
  instance: {
    required: [
      ['UI', Tags.SOPClassUID],
      ['UI', Tags.SOPInstanceUID],
      ['IS', Tags.InstanceNumber],
    ],
    further: [
      ['IS', Tags.NumberOfFrames],
      ['US', Tags.Rows],
      ['US', Tags.Columns],
      ['DA', Tags.ContentDate],
      ['TM', Tags.ContentTime],
    ],
  },
};

/** The levels from the top down. */
export const searchLevels: readonly SearchLevel[] = ['study', 'series', 'instance'];

/** Every attribute that searches can match. */
export const supportedAttributes: readonly SupportedAttribute[] = searchLevels.flatMap((level) => [
  ...levelTables[level].required.map(([vr, ...path]) => ({ path, level, vr, isRequired: true })),
  ...levelTables[level].further.map(([vr, ...path]) => ({ path, level, vr, isRequired: false })),
]);

const byPath: ReadonlyMap<string, SupportedAttribute> = new Map(
  supportedAttributes.map((attribute) => [keyOf(attribute.path), attribute]),
);

/** The attribute at a path; undefined if searches cannot match it. */
export function supportedAttributeAt(path: readonly Tag[]): SupportedAttribute | undefined {
  return byPath.get(keyOf(path));
}

/** Whether an attribute of a level exists in a search at another level: its own level and those above. */
export function isWithinLevel(attributeLevel: SearchLevel, level: SearchLevel): boolean {
  return searchLevels.indexOf(attributeLevel) <= searchLevels.indexOf(level);
}

/** The level of a top-level attribute, as far as the tables say; undefined for others. */
export function levelOfTag(tag: Tag): SearchLevel | undefined {
  return supportedAttributes.find(({ path }) => path[0] === tag)?.level;
}

function keyOf(path: readonly Tag[]): string {
  return path.join('.');
}
