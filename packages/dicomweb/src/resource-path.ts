/** Paths of DICOMweb resources: reading their parts and writing their URLs (PS3.18 §10.1, Tables 10.4.1-1 to -4). */
import { DicomwebError, printableName } from './errors.ts';

/** Names an instance, or what is above it. */
export interface InstancePath {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** Most frames that one request may name. */
export const mostFrames = 10_000;
/** Deepest nesting a bulk data path may have. */
const deepestBulkPath = 64;
const longestUid = 64;

/**
 * Checks a UID in a path. Only what can be stored is let through: 1 to 64 printable ASCII characters without space,
 * slash or backslash; digits and dots are not insisted on, because older equipment breaks PS3.5 §9.1.
 *
 * @param parameter what the path segment names, for the message
 * @throws DicomwebError bad-request
 */
export function parseUid(text: string, parameter: string): string {
  if (text.length > longestUid || !/^[\x21-\x2e\x30-\x5b\x5d-\x7e]+$/.test(text)) {
    throw new DicomwebError('bad-request', `${printableName(parameter)} is not a UID of 1 to 64 characters`, {
      parameter,
    });
  }
  return text;
}

/**
 * Reads a frame list: frame numbers from 1, separated by commas, in the order wanted (PS3.18 Table 10.4.1-1).
 *
 * @throws DicomwebError bad-request
 */
export function parseFrameList(text: string): number[] {
  const items = text.split(',', mostFrames + 1);
  if (items.length > mostFrames) throw badFrames(`names more than ${mostFrames} frames`);
  return items.map((item) => {
    const frameNumber = /^ *[0-9]{1,10} *$/.test(item) ? Number(item) : 0;
    if (frameNumber < 1) throw badFrames('is not a list of frame numbers from 1, such as 1,3,4');
    return frameNumber;
  });
}

/**
 * Reads the path of a bulk data value inside an instance: '00420011' or '00880200/1/7FE00010' (item numbers from 1).
 *
 * @returns the path with its hexadecimal digits in upper case
 * @throws DicomwebError bad-request
 */
export function parseBulkDataPath(text: string): string {
  const steps = text.split('/', 2 * deepestBulkPath);
  const isPath =
    /^[0-9A-F]{8}(?:\/[1-9][0-9]{0,9}\/[0-9A-F]{8})*$/i.test(text) && steps.length < 2 * deepestBulkPath;
  if (!isPath) {
    throw new DicomwebError('bad-request', 'the bulk data path is not like 00420011 or 00880200/1/7FE00010', {
      parameter: 'bulkdata',
    });
  }
  return text.toUpperCase();
}

/** URL of a study under the URL of the DICOMweb root, which has no trailing slash. */
export function studyUrl(rootUrl: string, studyInstanceUid: string): string {
  return `${rootUrl}/studies/${encodeURIComponent(studyInstanceUid)}`;
}

/** URL of a series. */
export function seriesUrl(
  rootUrl: string,
  { studyInstanceUid, seriesInstanceUid }: Omit<InstancePath, 'sopInstanceUid'>,
): string {
  return `${studyUrl(rootUrl, studyInstanceUid)}/series/${encodeURIComponent(seriesInstanceUid)}`;
}

/** URL of an instance. */
export function instanceUrl(rootUrl: string, path: InstancePath): string {
  return `${seriesUrl(rootUrl, path)}/instances/${encodeURIComponent(path.sopInstanceUid)}`;
}

/** URL of a bulk data value of an instance, for BulkDataURI and Content-Location. */
export function bulkDataUrl(rootUrl: string, path: InstancePath, bulkPath: string): string {
  return `${instanceUrl(rootUrl, path)}/bulkdata/${bulkPath}`;
}

/** URL of one frame. */
export function frameUrl(rootUrl: string, path: InstancePath, frameNumber: number): string {
  return `${instanceUrl(rootUrl, path)}/frames/${frameNumber}`;
}

function badFrames(problem: string): DicomwebError {
  return new DicomwebError('bad-request', `the frame list ${problem}`, { parameter: 'frames' });
}
