/** One match of a search as DICOM JSON (PS3.18 §10.6.3.3): the attributes of its levels, those matched, those asked for. */
import { SERIES_LEVEL_TAGS, type SearchHit, STUDY_LEVEL_TAGS } from '@sandyq/database';
import {
  type DicomJson,
  type DicomJsonAttribute,
  entryOfTag,
  type Tag,
  Tags,
  tagToHex,
  type Vr,
} from '@sandyq/dicom';
import {
  instanceUrl,
  returnAttributes,
  returnedLevels,
  type SearchLevel,
  type SearchRequest,
  seriesUrl,
  studyUrl,
} from '@sandyq/dicomweb';

/** Makes the results of one search. */
export type MakeResult = (hit: SearchHit, instance: DicomJson | undefined) => DicomJson;

/** An attribute of results, and where it comes from. */
interface Slot {
  readonly tag: Tag;
  readonly name: string;
  readonly vr: Vr;
  readonly counted: CountedValues | undefined;
  /** Whether it is there without a value. */
  readonly isKept: boolean;
}

/**
 * What results of this search consist of is found out once, so that a result is a walk over a list.
 *
 * The function takes the whole DICOM JSON of the matched instance as well, where the request asks for more than the columns hold.
 */
export function resultsOf(request: SearchRequest, rootUrl: string): MakeResult {
  const wanted = wantedTags(request);
  const counted = countedValues(request.level, rootUrl);
  const slotOf = (tag: Tag): Slot => ({
    tag,
    name: tagToHex(tag),
    vr: vrOf(tag),
    counted: counted.get(tag),
    isKept: wanted.get(tag) ?? false,
  });
  const slots = [...wanted.keys()].sort(byTag).map(slotOf);
  const slotsOf = (sources: readonly DicomJson[]): readonly Slot[] => {
    if (request.include !== 'all') return slots;
    const present = sources.flatMap((source) => Object.keys(source).map((name) => Number.parseInt(name, 16)));
    return [...new Set([...wanted.keys(), ...counted.keys(), ...present])].sort(byTag).map(slotOf);
  };
  return (hit, instance) => {
    const sources = [instance, hit.series?.attributes, hit.study].filter((source) => source !== undefined);
    const result: DicomJson = {};
    for (const slot of slotsOf(sources)) {
      const attribute = attributeOf(slot, hit, sources);
      if (attribute !== undefined) result[slot.name] = attribute;
    }
    return result;
  };
}

function byTag(a: Tag, b: Tag): number {
  return a - b;
}

/** What the index counts, then what the instances said. */
function attributeOf(
  { name, vr, counted, isKept }: Slot,
  hit: SearchHit,
  sources: readonly DicomJson[],
): DicomJsonAttribute | undefined {
  const values = counted?.(hit).filter((value) => value !== undefined) ?? [];
  if (values.length > 0) return { vr, Value: values };
  for (const source of sources) {
    const attribute = source[name];
    if (attribute !== undefined) return attribute;
  }
  return isKept ? { vr } : undefined;
}

/** The attributes of a search's results, and whether each is there without a value (PS3.18 §10.6.3.3). */
function wantedTags(request: SearchRequest): Map<Tag, boolean> {
  const wanted = new Map<Tag, boolean>();
  for (const level of returnedLevels(request.level, request)) {
    for (const { tag, rule } of returnAttributes[level])
      wanted.set(tag, wanted.get(tag) === true || rule === 'always');
  }
  const asked = request.include === 'all' ? [] : request.include.flatMap(withCreator);
  for (const tag of [...asked, ...request.filters.map(({ path }) => path[0] ?? 0)])
    wanted.set(tag, wanted.get(tag) === true || isKnownOf(tag, request.level));
  return wanted;
}

/** A private attribute comes with the creator of its block (PS3.5 §7.8.1). */
function withCreator(tag: Tag): Tag[] {
  const [group, block] = [tag >>> 16, (tag >>> 8) & 0xff];
  return group % 2 === 1 && block > 0 ? [group * 0x10000 + block, tag] : [tag];
}

/** Whether it is known of a level, even where it has no value. Of an instance nobody knows but itself. */
function isKnownOf(tag: Tag, level: SearchLevel): boolean {
  return level !== 'instance' && isReturned(tag, level);
}

/** Attributes that results count or make themselves. */
const COUNTED: Readonly<Record<'study' | 'series', ReadonlySet<Tag>>> = {
  study: new Set([
    Tags.SpecificCharacterSet,
    Tags.InstanceAvailability,
    Tags.ModalitiesInStudy,
    Tags.SOPClassesInStudy,
    Tags.NumberOfStudyRelatedSeries,
    Tags.NumberOfStudyRelatedInstances,
    Tags.RetrieveURL,
    Tags.InstitutionName,
    ...STUDY_LEVEL_TAGS,
  ]),
  series: new Set([Tags.NumberOfSeriesRelatedInstances, ...SERIES_LEVEL_TAGS]),
};

function isReturned(tag: Tag, level: 'study' | 'series'): boolean {
  return COUNTED.study.has(tag) || (level === 'series' && COUNTED.series.has(tag));
}

/** Attributes asked for that results of the level never have; every attribute is one of an instance. */
export function tagsNotReturned({ level, include }: SearchRequest): string[] {
  if (level === 'instance' || include === 'all') return [];
  return include
    .filter((tag) => !isReturned(tag, level))
    .map((tag) => entryOfTag(tag)?.keyword ?? tagToHex(tag));
}

type CountedValues = (hit: SearchHit) => readonly (string | number | undefined)[];

/** What the index counts or knows by itself. */
function countedValues(level: SearchLevel, rootUrl: string): ReadonlyMap<Tag, CountedValues> {
  const ofStudy: [Tag, CountedValues][] = [
    [Tags.SpecificCharacterSet, () => ['ISO_IR 192']],
    [Tags.StudyInstanceUID, (hit) => [hit.studyInstanceUid]],
    [Tags.IssuerOfPatientID, (hit) => [hit.patientIssuer]],
    // PS3.3 C.4.23.1.1. Retrieval tries all the same: what of it is sound can be had.
    [Tags.InstanceAvailability, (hit) => [availabilityOf(hit)]],
    [Tags.ModalitiesInStudy, (hit) => hit.modalitiesInStudy],
    [Tags.SOPClassesInStudy, (hit) => hit.sopClassesInStudy],
    [Tags.NumberOfStudyRelatedSeries, (hit) => [hit.numberOfStudyRelatedSeries]],
    [Tags.NumberOfStudyRelatedInstances, (hit) => [hit.numberOfStudyRelatedInstances]],
    [Tags.RetrieveURL, (hit) => [retrieveUrl(hit, level, rootUrl)]],
  ];
  if (level === 'study') return new Map([...ofStudy, [Tags.InstitutionName, (hit) => [hit.institutionName]]]);
  const ofSeries: [Tag, CountedValues][] = [
    [Tags.SeriesInstanceUID, (hit) => [hit.series?.seriesInstanceUid]],
    [Tags.NumberOfSeriesRelatedInstances, (hit) => [hit.series?.numberOfInstances]],
  ];
  return new Map([...ofStudy, ...ofSeries, ...(level === 'instance' ? OF_INSTANCE : [])]);
}

function availabilityOf({ isDamaged, isNearline }: SearchHit): string {
  if (isDamaged) return 'UNAVAILABLE';
  return isNearline ? 'NEARLINE' : 'ONLINE';
}

const OF_INSTANCE: readonly [Tag, CountedValues][] = [
  [Tags.SOPClassUID, ({ instance }) => [instance?.sopClassUid]],
  [Tags.SOPInstanceUID, ({ instance }) => [instance?.sopInstanceUid]],
  [Tags.AvailableTransferSyntaxUID, ({ instance }) => [instance?.transferSyntaxUid]],
  [Tags.InstanceNumber, ({ instance }) => [instance?.instanceNumber]],
  [Tags.Rows, ({ instance }) => [instance?.rows]],
  [Tags.Columns, ({ instance }) => [instance?.columns]],
  [Tags.BitsAllocated, ({ instance }) => [instance?.bitsAllocated]],
  [Tags.NumberOfFrames, ({ instance }) => [instance?.numberOfFrames]],
];

function retrieveUrl(
  { studyInstanceUid, series, instance }: SearchHit,
  level: SearchLevel,
  rootUrl: string,
): string {
  if (level === 'study' || series === undefined) return studyUrl(rootUrl, studyInstanceUid);
  const { seriesInstanceUid } = series;
  if (level === 'series' || instance === undefined)
    return seriesUrl(rootUrl, { studyInstanceUid, seriesInstanceUid });
  return instanceUrl(rootUrl, {
    studyInstanceUid,
    seriesInstanceUid,
    sopInstanceUid: instance.sopInstanceUid,
  });
}

function vrOf(tag: Tag): Vr {
  const vr = entryOfTag(tag)?.vr ?? 'UN';
  return vr.length === 2 ? (vr as Vr) : 'UN';
}
