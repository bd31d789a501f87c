/** The answer to a Store transaction (PS3.18 §10.5.3, Annex I): one verdict an instance, a status for the whole. */
import { type DicomJson, Tags, tagToHex } from '@sandyq/dicom';
import { dicomJsonToXml } from './native-dicom-xml.ts';
import { type FailureReasonName, failureReasons, type WarningReasonName, warningReasons } from './reasons.ts';
import { type InstancePath, instanceUrl, studyUrl } from './resource-path.ts';

/** Verdict on one received part. */
export type StoreResult =
  /** It is in the archive now, or was before (design: the same instance again is success). */
  | (InstancePath & {
      readonly verdict: 'stored';
      readonly sopClassUid: string;
      readonly warning?: WarningReasonName | undefined;
      /** False if it can't be retrieved yet, e.g. held as identity conflict: then it has no Retrieve URL. */
      readonly isRetrievable?: boolean | undefined;
    })
  /** It is not. Without both UIDs it is listed under Other Failures Sequence. */
  | {
      readonly verdict: 'failed';
      readonly reason: FailureReasonName;
      readonly sopClassUid?: string | undefined;
      readonly sopInstanceUid?: string | undefined;
    };

/** The answer. */
export interface StoreResponse {
  /** 200, 202, or the status of the failure (PS3.18 Table 10.5.3-1). */
  readonly status: number;
  readonly json: DicomJson;
  /** URL of what was created (PS3.18 Table 10.5.3-2): the instance, else the study, else all studies; undefined: nothing. */
  readonly location: string | undefined;
  /** The same as a Native DICOM model. */
  xml(): string;
}

const UNAVAILABLE = 503;

type StoredResult = Extract<StoreResult, { verdict: 'stored' }>;
type FailedResult = Extract<StoreResult, { verdict: 'failed' }>;

/**
 * Makes the answer from the verdicts, in the order of the parts.
 *
 * @param rootUrl URL of the DICOMweb root without trailing slash
 */
export function storeResponse(
  results: readonly StoreResult[],
  { rootUrl }: { readonly rootUrl: string },
): StoreResponse {
  const json = responseModule(results, rootUrl);
  return {
    status: statusOf(results),
    json,
    location: locationOf(results, rootUrl),
    xml: () => dicomJsonToXml(json),
  };
}

/**
 * Status of the whole (PS3.18 Table 10.5.3-1): 200 all stored; 202 some stored, others failed or have warnings; with
 * nothing stored the status that all failures share, else 409; but 503 if any of them may succeed later, so that nobody
 * takes an instance for refused that was not even looked at. Nothing received is bad syntax: 400.
 */
function statusOf(results: readonly StoreResult[]): number {
  const isClean = (result: StoreResult): boolean =>
    result.verdict === 'stored' && result.warning === undefined;
  if (results.length === 0) return 400;
  if (results.some(({ verdict }) => verdict === 'stored')) return results.every(isClean) ? 200 : 202;
  const statuses = new Set(results.filter(isFailed).map(({ reason }) => failureReasons[reason].status));
  if (statuses.has(UNAVAILABLE)) return UNAVAILABLE;
  const [status] = statuses;
  return statuses.size === 1 && status !== undefined ? status : 409;
}

function locationOf(results: readonly StoreResult[], rootUrl: string): string | undefined {
  const [first, ...others] = results.flatMap((result) =>
    result.verdict === 'stored' && result.isRetrievable !== false ? [result] : [],
  );
  if (first === undefined) return undefined;
  if (others.length === 0) return instanceUrl(rootUrl, first);
  const isOneStudy = others.every(({ studyInstanceUid }) => studyInstanceUid === first.studyInstanceUid);
  return isOneStudy ? studyUrl(rootUrl, first.studyInstanceUid) : `${rootUrl}/studies`;
}

/** Store Instances Response Module (PS3.18 Table I.1-1). */
function responseModule(results: readonly StoreResult[], rootUrl: string): DicomJson {
  const stored = results.filter((result) => result.verdict === 'stored');
  const failed = results.filter(isFailed);
  const identified = failed.filter(hasReference);
  const others = failed.filter((result) => !hasReference(result));
  const studies = new Set(stored.map(({ studyInstanceUid }) => studyInstanceUid));
  const [study] = studies;
  return {
    ...urlAttribute(study !== undefined && studies.size === 1 ? studyUrl(rootUrl, study) : undefined),
    ...sequence(Tags.FailedSOPSequence, identified.map(failedItem)),
    ...sequence(
      Tags.ReferencedSOPSequence,
      stored.map((result) => referencedItem(result, rootUrl)),
    ),
    ...sequence(Tags.OtherFailuresSequence, others.map(otherFailureItem)),
  };
}

function isFailed(result: StoreResult): result is FailedResult {
  return result.verdict === 'failed';
}

function hasReference(result: FailedResult): boolean {
  return (result.sopClassUid ?? '') !== '' && (result.sopInstanceUid ?? '') !== '';
}

function referencedItem(result: StoredResult, rootUrl: string): DicomJson {
  const { sopClassUid, sopInstanceUid, warning, isRetrievable } = result;
  return {
    ...sopReference(sopClassUid, sopInstanceUid),
    ...urlAttribute(isRetrievable === false ? undefined : instanceUrl(rootUrl, result)),
    ...(warning !== undefined && {
      ...comment(warningReasons[warning].meaning),
      [tagToHex(Tags.WarningReason)]: { vr: 'US', Value: [warningReasons[warning].code] },
    }),
  };
}

function failedItem(result: FailedResult): DicomJson {
  return {
    ...sopReference(result.sopClassUid ?? '', result.sopInstanceUid ?? ''),
    ...otherFailureItem(result),
  };
}

function otherFailureItem({ reason }: FailedResult): DicomJson {
  const { code, meaning } = failureReasons[reason];
  return { ...comment(meaning), [tagToHex(Tags.FailureReason)]: { vr: 'US', Value: [code] } };
}

/** Error Comment (0000,0902) beside the number: people read these answers in logs of their scanners. */
function comment(meaning: string): DicomJson {
  return { [tagToHex(Tags.ErrorComment)]: { vr: 'LO', Value: [meaning] } };
}

function sopReference(sopClassUid: string, sopInstanceUid: string): DicomJson {
  return {
    [tagToHex(Tags.ReferencedSOPClassUID)]: { vr: 'UI', Value: [sopClassUid] },
    [tagToHex(Tags.ReferencedSOPInstanceUID)]: { vr: 'UI', Value: [sopInstanceUid] },
  };
}

/** Retrieve URL is of type 2: without a value it is there and empty. */
function urlAttribute(url: string | undefined): DicomJson {
  return { [tagToHex(Tags.RetrieveURL)]: url === undefined ? { vr: 'UR' } : { vr: 'UR', Value: [url] } };
}

function sequence(tag: number, items: readonly DicomJson[]): DicomJson {
  return items.length === 0 ? {} : { [tagToHex(tag)]: { vr: 'SQ', Value: [...items] } };
}
