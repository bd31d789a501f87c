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

/** `instance`: the whole DICOM JSON of the matched instance, where the request asks for more than the columns hold. */
export function searchResult(
  hit: SearchHit,
  request: SearchRequest,
  options: { rootUrl: string; instance: DicomJson | undefined },
): DicomJson {
  const known = new KnownAttributes(hit, request.level, options);
  const result = new Map<Tag, DicomJsonAttribute>();
  for (const level of returnedLevels(request.level, request)) {
    for (const { tag, rule } of returnAttributes[level]) {
      const attribute = known.get(tag);
      if (attribute !== undefined) result.set(tag, attribute);
      else if (rule === 'always') result.set(tag, { vr: vrOf(tag) });
    }
  }
  const asked = request.include === 'all' ? known.tags() : request.include.flatMap(withCreator);
  for (const tag of [...asked, ...request.filters.map(({ path }) => path[0] ?? 0)]) {
    const attribute = known.get(tag) ?? emptyAttribute(tag, request);
    if (attribute !== undefined) result.set(tag, attribute);
  }
  const sorted = [...result].sort(([a], [b]) => a - b);
  return Object.fromEntries(sorted.map(([tag, attribute]) => [tagToHex(tag), attribute]));
}

/** A private attribute comes with the creator of its block (PS3.5 §7.8.1). */
function withCreator(tag: Tag): Tag[] {
  const [group, block] = [tag >>> 16, (tag >>> 8) & 0xff];
  return group % 2 === 1 && block > 0 ? [group * 0x10000 + block, tag] : [tag];
}

/** What is asked for, known of the level, and has no value here. */
function emptyAttribute(tag: Tag, { level }: SearchRequest): DicomJsonAttribute | undefined {
  return level === 'instance' || !isReturned(tag, level) ? undefined : { vr: vrOf(tag) };
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

/** Everything that is known of a hit: what the index counts, then what the instances said. */
class KnownAttributes {
  readonly #counted: ReadonlyMap<string, DicomJsonAttribute>;
  readonly #sources: readonly DicomJson[];

  constructor(
    hit: SearchHit,
    level: SearchLevel,
    options: { rootUrl: string; instance: DicomJson | undefined },
  ) {
    this.#counted = new Map(
      countedAttributes(hit, level, options.rootUrl).flatMap(([tag, values]) => {
        const present = values.filter((value) => value !== undefined);
        return present.length === 0 ? [] : [[tagToHex(tag), { vr: vrOf(tag), Value: present }]];
      }),
    );
    this.#sources = [options.instance, hit.series?.attributes, hit.study].filter(
      (source) => source !== undefined,
    );
  }

  get(tag: Tag): DicomJsonAttribute | undefined {
    const name = tagToHex(tag);
    const counted = this.#counted.get(name);
    if (counted !== undefined) return counted;
    return this.#sources.find((source) => source[name] !== undefined)?.[name];
  }

  tags(): Tag[] {
    const names = new Set([...this.#counted.keys(), ...this.#sources.flatMap(Object.keys)]);
    return [...names].map((name) => Number.parseInt(name, 16));
  }
}

type Counted = readonly [tag: Tag, values: readonly (string | number | undefined)[]];

function countedAttributes(hit: SearchHit, level: SearchLevel, rootUrl: string): Counted[] {
  const { studyInstanceUid, series, instance } = hit;
  const attributes: Counted[] = [
    [Tags.SpecificCharacterSet, ['ISO_IR 192']],
    [Tags.StudyInstanceUID, [studyInstanceUid]],
    [Tags.IssuerOfPatientID, [hit.patientIssuer]],
    // PS3.3 C.4.23.1.1. Retrieval tries all the same: what of it is sound can be had.
    [Tags.InstanceAvailability, [hit.isDamaged ? 'UNAVAILABLE' : 'ONLINE']],
    [Tags.ModalitiesInStudy, hit.modalitiesInStudy],
    [Tags.SOPClassesInStudy, hit.sopClassesInStudy],
    [Tags.NumberOfStudyRelatedSeries, [hit.numberOfStudyRelatedSeries]],
    [Tags.NumberOfStudyRelatedInstances, [hit.numberOfStudyRelatedInstances]],
    [Tags.RetrieveURL, [retrieveUrl(hit, level, rootUrl)]],
    ...(level === 'study' ? [[Tags.InstitutionName, [hit.institutionName]] as const] : []),
  ];
  if (series !== undefined) {
    attributes.push(
      [Tags.SeriesInstanceUID, [series.seriesInstanceUid]],
      [Tags.NumberOfSeriesRelatedInstances, [series.numberOfInstances]],
    );
  }
  if (instance !== undefined) {
    attributes.push(
      [Tags.SOPClassUID, [instance.sopClassUid]],
      [Tags.SOPInstanceUID, [instance.sopInstanceUid]],
      [Tags.AvailableTransferSyntaxUID, [instance.transferSyntaxUid]],
      [Tags.InstanceNumber, [instance.instanceNumber]],
      [Tags.Rows, [instance.rows]],
      [Tags.Columns, [instance.columns]],
      [Tags.BitsAllocated, [instance.bitsAllocated]],
      [Tags.NumberOfFrames, [instance.numberOfFrames]],
    );
  }
  return attributes;
}

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
