/** What a structured report says, as a tree of readable text (PS3.3 A.35, C.17.3): the same for every form it is written in. */
import { type DicomJson, type DicomJsonAttribute, type Tag, Tags, tagToHex } from '@sandyq/dicom';
import { date, dateTime, joined, time } from '../shown-values.ts';

/** A report. */
export interface ReportDocument {
  readonly title: string;
  /** Whom and what it is about, and how far it is: name and value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly root: ContentItem;
}

/** A content item (C.17.3.2) with those below it. */
export interface ContentItem {
  /** How it belongs to the item above it, as `HAS OBS CONTEXT`; empty at the root. */
  readonly relationship: string;
  /** As `TEXT` or `NUM`; empty for a reference to another item of the tree. */
  readonly valueType: string;
  readonly name: Concept | undefined;
  /** As people read it; empty for containers. */
  readonly value: string;
  /** The concept that is the value, where it is one. */
  readonly concept: Concept | undefined;
  readonly unit: string;
  /** Instances and content items that it refers to. */
  readonly references: readonly string[];
  readonly items: readonly ContentItem[];
}

/** A coded concept (PS3.3 §8.8). */
export interface Concept {
  readonly meaning: string;
  readonly value: string;
  readonly scheme: string;
}

/** Reads the tree of the DICOM JSON of an instance. */
export function reportDocumentOf(json: DicomJson): ReportDocument {
  const root = itemOf(json);
  const facts: readonly (readonly [string, string])[] = [
    ['Patient', text(json, Tags.PatientName)],
    ['Patient ID', text(json, Tags.PatientID)],
    ['Birth date', date(text(json, Tags.PatientBirthDate))],
    ['Sex', text(json, Tags.PatientSex)],
    ['Accession number', text(json, Tags.AccessionNumber)],
    ['Study', text(json, Tags.StudyDescription)],
    ['Study date', date(text(json, Tags.StudyDate))],
    ['Content date', dateTime(text(json, Tags.ContentDate) + text(json, Tags.ContentTime))],
    ['Completion', text(json, Tags.CompletionFlag)],
    ['Verification', text(json, Tags.VerificationFlag)],
    ...items(json, Tags.VerifyingObserverSequence).map(
      (observer) =>
        [
          'Verified by',
          joined(
            ' ',
            text(observer, Tags.VerifyingObserverName),
            dateTime(text(observer, Tags.VerificationDateTime)),
          ),
        ] as const,
    ),
  ];
  const title = root.name?.meaning ?? '';
  return { title: title === '' ? 'Report' : title, facts: facts.filter(([, value]) => value !== ''), root };
}

function itemOf(json: DicomJson): ContentItem {
  const valueType = text(json, Tags.ValueType);
  return {
    relationship: text(json, Tags.RelationshipType),
    valueType,
    name: conceptOf(json, Tags.ConceptNameCodeSequence),
    ...valueOf(json, valueType),
    references: [...instancesOf(json), ...contentItemsOf(json)],
    items: items(json, Tags.ContentSequence).map(itemOf),
  };
}

type Value = Pick<ContentItem, 'value' | 'concept' | 'unit'>;

function valueOf(json: DicomJson, valueType: string): Value {
  switch (valueType) {
    case 'NUM':
      return measured(json);
    case 'CODE': {
      const concept = conceptOf(json, Tags.ConceptCodeSequence);
      return { value: concept?.meaning ?? '', concept, unit: '' };
    }
    case 'SCOORD':
    case 'SCOORD3D':
      return plain(joined(' ', text(json, Tags.GraphicType), numbers(json, Tags.GraphicData)));
    case 'TCOORD':
      return plain(
        joined(
          ' ',
          text(json, Tags.TemporalRangeType),
          numbers(json, Tags.ReferencedSamplePositions),
          numbers(json, Tags.ReferencedTimeOffsets),
          numbers(json, Tags.ReferencedDateTime),
        ),
      );
    case 'DATE':
      return plain(date(text(json, Tags.Date)));
    case 'TIME':
      return plain(time(text(json, Tags.Time)));
    case 'DATETIME':
      return plain(dateTime(text(json, Tags.DateTime)));
    case 'PNAME':
      return plain(text(json, Tags.PersonName));
    case 'UIDREF':
      return plain(text(json, Tags.UID));
    default:
      return plain(text(json, Tags.TextValue));
  }
}

function plain(value: string): Value {
  return { value, concept: undefined, unit: '' };
}

/** A number, or the reason why there is none (C.18.1). */
function measured(json: DicomJson): Value {
  const [value] = items(json, Tags.MeasuredValueSequence);
  const qualifier = conceptOf(json, Tags.NumericValueQualifierCodeSequence);
  if (value === undefined) return { value: qualifier?.meaning ?? '', concept: qualifier, unit: '' };
  const unit = conceptOf(value, Tags.MeasurementUnitsCodeSequence);
  return {
    value: joined(
      ' ',
      text(value, Tags.NumericValue),
      qualifier === undefined ? '' : `(${qualifier.meaning})`,
    ),
    concept: undefined,
    unit: unitText(unit),
  };
}

/** UCUM codes are what people write; `1` is the unit of what has none. */
function unitText(unit: Concept | undefined): string {
  if (unit === undefined || (unit.scheme === 'UCUM' && unit.value === '1')) return '';
  return unit.scheme === 'UCUM' ? unit.value : unit.meaning;
}

/** Referenced SOP Sequence (0008,1199): composite objects, images with frames, waveforms. */
function instancesOf(json: DicomJson): string[] {
  return items(json, Tags.ReferencedSOPSequence).map((reference) => {
    const frames = numbers(reference, Tags.ReferencedFrameNumber);
    const segments = numbers(reference, Tags.ReferencedSegmentNumber);
    return joined(
      ' ',
      `instance ${text(reference, Tags.ReferencedSOPInstanceUID)}`,
      frames && `frames ${frames}`,
      segments && `segments ${segments}`,
    );
  });
}

/** By-reference relationships (C.17.3.2.5): the place of the other item in the tree. */
function contentItemsOf(json: DicomJson): string[] {
  const places = json[tagToHex(Tags.ReferencedContentItemIdentifier)]?.Value ?? [];
  return places.length === 0 ? [] : [`content item ${places.map(String).join('.')}`];
}

function conceptOf(json: DicomJson, tag: Tag): Concept | undefined {
  const [code] = items(json, tag);
  if (code === undefined) return undefined;
  const value = text(code, Tags.CodeValue) || text(code, Tags.LongCodeValue) || text(code, Tags.URNCodeValue);
  return {
    meaning: text(code, Tags.CodeMeaning) || value,
    value,
    scheme: text(code, Tags.CodingSchemeDesignator),
  };
}

function items(json: DicomJson, tag: Tag): DicomJson[] {
  const attribute = json[tagToHex(tag)];
  if (attribute?.vr !== 'SQ') return [];
  // Items are objects: the JSON is the archive's own.
  return (attribute.Value ?? []).filter(
    (item): item is DicomJson => typeof item === 'object' && item !== null,
  );
}

/** All values, or what stands for one that is too long to be in the JSON. */
function text(json: DicomJson, tag: Tag): string {
  const attribute = json[tagToHex(tag)];
  if (attribute?.BulkDataURI !== undefined) return '(too long to be shown here)';
  return (attribute?.Value ?? []).map((value) => valueText(value)).join('\\');
}

function numbers(json: DicomJson, tag: Tag): string {
  return (json[tagToHex(tag)]?.Value ?? []).map(String).join(', ');
}

function valueText(value: NonNullable<DicomJsonAttribute['Value']>[number]): string {
  if (value === null) return '';
  return typeof value === 'object' ? personName(value) : String(value);
}

/** The component groups of a person name, their components apart by spaces. */
function personName(name: object): string {
  const groups = ['Alphabetic', 'Ideographic', 'Phonetic'].map((group): unknown => Reflect.get(name, group));
  return groups
    .flatMap((group) => (typeof group === 'string' ? [group.split('^').filter(Boolean).join(' ')] : []))
    .join(' / ');
}
