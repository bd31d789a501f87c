/** The query of a WADO-URI request (PS3.18 §9.4.1.2, §9.5.1.2), read and checked. */
import type { Accept } from './accept.ts';
import { parseAccept } from './accept.ts';
import { DicomwebError, printableName } from './errors.ts';
import {
  type AnnotationKeyword,
  annotationKeywords,
  isAnnotationKeyword,
  keywordsOf,
  parseDecimal,
  parseQuality,
  type RequestedWindow,
  requireCharset,
  singleOf,
} from './rendered-parameters.ts';
import { longestViewportSide } from './rendered-viewport.ts';
import { type InstancePath, parseUid } from './resource-path.ts';

/** A part of a picture in fractions of its width and height, 0 to 1 (§9.5.1.2.5). */
export interface RelativeRegion {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A presentation state to apply (§9.5.1.2.7). */
export interface PresentationReference {
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** What a WADO-URI request asks for. */
export interface WadoUriRequest {
  readonly path: InstancePath;
  /** Media types of `contentType`; undefined where it is absent. */
  readonly contentType: Accept | undefined;
  /** Of the Accept header field, which bounds what `contentType` may ask for. */
  readonly accept: Accept;
  readonly transferSyntaxUid?: string | undefined;
  /** From 1. */
  readonly frameNumber?: number | undefined;
  readonly annotations: readonly AnnotationKeyword[];
  readonly unknownAnnotations: readonly string[];
  readonly rows?: number | undefined;
  readonly columns?: number | undefined;
  readonly region?: RelativeRegion | undefined;
  readonly window?: RequestedWindow | undefined;
  readonly quality?: number | undefined;
  readonly presentation?: PresentationReference | undefined;
  /** Whether any parameter that only pictures have is there. */
  readonly isForPictures: boolean;
}

/** Parameters that shape pictures: they do not go with application/dicom (§9.4.1.2). */
const pictureParameters = [
  'annotation',
  'imageAnnotation',
  'rows',
  'columns',
  'region',
  'windowCenter',
  'windowWidth',
  'frameNumber',
  'imageQuality',
  'presentationUID',
  'presentationSeriesUID',
] as const;

/**
 * Reads the query. Parameters of other names are ignored (§8.3.1).
 *
 * @throws DicomwebError bad-request, naming the parameter
 */
export function parseWadoUri(query: URLSearchParams, acceptHeader: string | undefined): WadoUriRequest {
  if (singleOf(query, 'requestType') !== 'WADO') throw bad('requestType', 'must be WADO');
  const path = {
    studyInstanceUid: requiredUid(query, 'studyUID'),
    seriesInstanceUid: requiredUid(query, 'seriesUID'),
    sopInstanceUid: requiredUid(query, 'objectUID'),
  };
  refuseAnonymizing(query);
  requireCharset(query);
  const contentType = singleOf(query, 'contentType');
  return {
    path,
    contentType: contentType === undefined ? undefined : readContentType(contentType),
    accept: parseAccept(acceptHeader),
    transferSyntaxUid: transferSyntaxOf(query),
    ...pictureParametersOf(query),
    isForPictures: pictureParameters.some((name) => query.has(name)),
  };
}

function pictureParametersOf(
  query: URLSearchParams,
): Omit<WadoUriRequest, 'path' | 'contentType' | 'accept' | 'isForPictures'> {
  const keywords = keywordsOf(singleOf(query, 'annotation') ?? singleOf(query, 'imageAnnotation'));
  return {
    annotations: annotationKeywords.filter((keyword) => keywords.includes(keyword)),
    unknownAnnotations: keywords.filter((keyword) => !isAnnotationKeyword(keyword)),
    frameNumber: positiveOf(query, 'frameNumber', 2 ** 31 - 1),
    rows: positiveOf(query, 'rows', longestViewportSide),
    columns: positiveOf(query, 'columns', longestViewportSide),
    region: regionOf(singleOf(query, 'region')),
    window: windowOf(query),
    quality: parseQuality(singleOf(query, 'imageQuality'), 'imageQuality'),
    presentation: presentationOf(query),
  };
}

/** `contentType` is a list of media types; it has no weights (§9.1.2.2.1). */
function readContentType(text: string): Accept {
  try {
    // As a parameter: in the header what is not valid would be ignored.
    const header = text === '' ? parseAccept(undefined).header : parseAccept(undefined, text).query;
    for (const name of ['transfer-syntax', 'charset']) {
      if (header.some(({ parameters }) => parameters.has(name)))
        throw bad('contentType', `has the parameter ${name}, which has no place there`);
    }
    return { query: [], header };
  } catch (error) {
    if (!(error instanceof DicomwebError) || error.parameter === 'contentType') throw error;
    throw bad('contentType', 'is not a list of media types such as image/jpeg');
  }
}

/** One UID (§9.4.2.4); whether the archive writes it is another question. */
function transferSyntaxOf(query: URLSearchParams): string | undefined {
  const uid = singleOf(query, 'transferSyntax');
  if (uid !== undefined && !/^[0-9.]{1,64}$/.test(uid)) throw bad('transferSyntax', 'is not one UID');
  return uid;
}

/** Removing identities from pixels needs a human eye (PS3.15 Annex E): nothing here does it, so nothing says it did. */
function refuseAnonymizing(query: URLSearchParams): void {
  const anonymize = singleOf(query, 'anonymize');
  if (anonymize === undefined) return;
  if (anonymize !== 'yes') throw bad('anonymize', 'can only be yes');
  throw new DicomwebError('not-acceptable', 'anonymize is not supported: the archive sends what is stored', {
    parameter: 'anonymize',
  });
}

function regionOf(text: string | undefined): RelativeRegion | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(',', 5).map((part) => parseDecimal(part.trim(), 'region'));
  const [left, top, right, bottom] = parts;
  if (
    left === undefined ||
    top === undefined ||
    right === undefined ||
    bottom === undefined ||
    parts.length > 4
  ) {
    throw bad('region', 'is not of the form left,top,right,bottom such as 0.25,0.25,0.75,0.75');
  }
  const isInside = left >= 0 && top >= 0 && right <= 1 && bottom <= 1;
  if (!isInside || left >= right || top >= bottom) {
    throw bad('region', 'needs 0 <= left < right <= 1 and 0 <= top < bottom <= 1');
  }
  return { left, top, right, bottom };
}

function windowOf(query: URLSearchParams): RequestedWindow | undefined {
  const center = singleOf(query, 'windowCenter');
  const width = singleOf(query, 'windowWidth');
  if (center === undefined && width === undefined) return undefined;
  if (center === undefined) throw bad('windowCenter', 'is required with windowWidth');
  if (width === undefined) throw bad('windowWidth', 'is required with windowCenter');
  const window = {
    center: parseDecimal(center, 'windowCenter'),
    width: parseDecimal(width, 'windowWidth'),
    function: 'LINEAR',
  } as const;
  if (window.width < 1) throw bad('windowWidth', 'is below 1');
  return window;
}

function presentationOf(query: URLSearchParams): PresentationReference | undefined {
  const names = ['presentationUID', 'presentationSeriesUID'] as const;
  const given = names.filter((name) => query.has(name));
  if (given.length === 0) return undefined;
  const [only] = given;
  if (given.length === 1 && only !== undefined)
    throw bad(only, `needs ${names.find((name) => name !== only) ?? ''} too`);
  const notWith = ['windowCenter', 'windowWidth'].find((name) => query.has(name));
  if (notWith !== undefined)
    throw bad(notWith, 'does not go with presentationUID, which brings its own window');
  if (query.has('frameNumber'))
    throw bad('frameNumber', 'does not go with presentationUID (PS3.18 §9.5.2.3)');
  return {
    sopInstanceUid: requiredUid(query, 'presentationUID'),
    seriesInstanceUid: requiredUid(query, 'presentationSeriesUID'),
  };
}

function requiredUid(query: URLSearchParams, parameter: string): string {
  const uid = singleOf(query, parameter);
  if (uid === undefined) throw bad(parameter, 'is required');
  return parseUid(uid, parameter);
}

function positiveOf(query: URLSearchParams, parameter: string, most: number): number | undefined {
  const text = singleOf(query, parameter);
  if (text === undefined) return undefined;
  const value = /^\+?\d{1,10}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) throw bad(parameter, `is not a whole number from 1 to ${most}`);
  return value;
}

function bad(parameter: string, problem: string): DicomwebError {
  return new DicomwebError('bad-request', `${printableName(parameter)} ${problem}`, { parameter });
}
