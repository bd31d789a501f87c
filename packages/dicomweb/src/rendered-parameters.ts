/** The query parameters of rendered resources and thumbnails (PS3.18 §8.3.5), read and checked. */
import { DicomwebError, printableName } from './errors.ts';
import { parseViewport, type Viewport } from './rendered-viewport.ts';

/** Keywords of `annotation` (§8.3.5.1.1); `overlay` is the archive's own: the overlay planes of the image (PS3.3 C.9.2). */
export const annotationKeywords = ['patient', 'technique', 'overlay'] as const;
/** One of {@link annotationKeywords}. */
export type AnnotationKeyword = (typeof annotationKeywords)[number];

/** Values of `iccprofile` (§8.3.5.1.5). */
export const iccProfileValues = ['no', 'yes', 'srgb', 'adobergb', 'rommrgb', 'displayp3'] as const;
/** One of {@link iccProfileValues}. */
export type IccProfileValue = (typeof iccProfileValues)[number];

/** Values of the third part of `window` (§8.3.5.1.4, PS3.3 C.11.2.1.2 and C.11.2.1.3). */
const windowFunctions = { linear: 'LINEAR', 'linear-exact': 'LINEAR_EXACT', sigmoid: 'SIGMOID' } as const;

/** A window that a client asks for. */
export interface RequestedWindow {
  readonly center: number;
  readonly width: number;
  readonly function: (typeof windowFunctions)[keyof typeof windowFunctions];
}

/** How a client wants pictures; what is absent is the archive's to choose. */
export interface RenderedParameters {
  /** Without repeats, in the order of {@link annotationKeywords}. */
  readonly annotations: readonly AnnotationKeyword[];
  /** 1 to 100, for lossy media types. */
  readonly quality?: number | undefined;
  readonly viewport?: Viewport | undefined;
  readonly window?: RequestedWindow | undefined;
  readonly iccProfile?: IccProfileValue | undefined;
}

/** The parameters, and what of them is ignored: for a Warning header field. */
export interface ParsedRenderedParameters extends RenderedParameters {
  /** Annotation keywords that nobody here knows (§8.3.5.1.1: ignored, with a warning). */
  readonly unknownAnnotations: readonly string[];
}

/** What may be asked of the resource. */
export type RenderedResource = 'image' | 'presentation-state';

const decimal = /^[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][+-]?\d{1,2})?$/;

/**
 * Reads the parameters of a rendered resource. Parameters of other names are ignored (§8.3.1).
 *
 * @throws DicomwebError bad-request, naming the parameter; `window` and source regions of a presentation state are such
 */
export function parseRenderedParameters(
  query: URLSearchParams,
  resource: RenderedResource = 'image',
): ParsedRenderedParameters {
  const isImage = resource === 'image';
  requireCharset(query);
  const viewport = singleOf(query, 'viewport');
  const window = singleOf(query, 'window');
  if (!isImage && window !== undefined) {
    throw bad('window', 'does not go with a presentation state, which brings its own');
  }
  const keywords = keywordsOf(singleOf(query, 'annotation'));
  return {
    annotations: annotationKeywords.filter((keyword) => keywords.includes(keyword)),
    unknownAnnotations: keywords.filter((keyword) => !isAnnotationKeyword(keyword)),
    quality: parseQuality(singleOf(query, 'quality'), 'quality'),
    viewport: viewport === undefined ? undefined : parseViewport(viewport, isImage),
    window: window === undefined ? undefined : parseWindow(window),
    iccProfile: parseIccProfile(singleOf(query, 'iccprofile')),
  };
}

/** The only parameter of thumbnails (§10.4.1.2): `viewport=vw,vh`. @throws DicomwebError bad-request */
export function parseThumbnailViewport(query: URLSearchParams): Viewport | undefined {
  requireCharset(query);
  const text = singleOf(query, 'viewport');
  return text === undefined ? undefined : parseViewport(text, false);
}

/** Text of answers is UTF-8; other character sets are refused (§8.8.4). @throws DicomwebError bad-request */
export function requireCharset(query: URLSearchParams): void {
  const charsets = singleOf(query, 'charset')?.toLowerCase().split(',') ?? ['utf-8'];
  if (!charsets.some((charset) => charset.trim() === 'utf-8')) throw bad('charset', 'can only be utf-8');
}

/** Quality of lossy media types, 1 to 100 (§8.3.5.1.2, §9.5.1.2.3). @throws DicomwebError bad-request */
export function parseQuality(text: string | undefined, parameter: string): number | undefined {
  if (text === undefined) return undefined;
  const quality = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (quality < 1 || quality > 100) throw bad(parameter, 'is not a whole number from 1 to 100');
  return quality;
}

/** A decimal number. @throws DicomwebError bad-request */
export function parseDecimal(text: string, parameter: string): number {
  if (!decimal.test(text)) throw bad(parameter, 'is not a decimal number');
  return Number(text);
}

/** Comma-separated keywords (§8.3.5.1.1). @throws DicomwebError bad-request where one is empty */
export function keywordsOf(text: string | undefined, parameter = 'annotation'): readonly string[] {
  if (text === undefined) return [];
  const keywords = text.split(',').map((keyword) => keyword.trim());
  if (keywords.includes('')) throw bad(parameter, 'is not a list of keywords such as patient,technique');
  return [...new Set(keywords)].map(printableName);
}

/** Whether it is one of {@link annotationKeywords}. */
export function isAnnotationKeyword(keyword: string): keyword is AnnotationKeyword {
  return annotationKeywords.some((known) => known === keyword);
}

/** The value of a parameter that stands at most once. @throws DicomwebError bad-request */
export function singleOf(query: URLSearchParams, parameter: string): string | undefined {
  const values = query.getAll(parameter);
  if (values.length > 1) throw bad(parameter, 'stands more than once');
  return values[0];
}

function parseWindow(text: string): RequestedWindow {
  const [center, width, shape, ...others] = text.split(',', 5).map((part) => part.trim());
  if (center === undefined || width === undefined || shape === undefined || others.length > 0) {
    throw bad('window', 'is not of the form center,width,function such as 40,400,linear');
  }
  if (!Object.hasOwn(windowFunctions, shape)) {
    throw bad('window', `has a function that is none of ${Object.keys(windowFunctions).join(', ')}`);
  }
  const shapeOfWindow = windowFunctions[shape as keyof typeof windowFunctions];
  const parsed = { center: parseDecimal(center, 'window'), width: parseDecimal(width, 'window') };
  const least = shapeOfWindow === 'LINEAR' ? 1 : 0;
  if (parsed.width < least || parsed.width === 0) {
    throw bad(
      'window',
      shapeOfWindow === 'LINEAR' ? 'has a width below 1' : 'has a width that is not above 0',
    );
  }
  return { ...parsed, function: shapeOfWindow };
}

function parseIccProfile(text: string | undefined): IccProfileValue | undefined {
  if (text === undefined) return undefined;
  const value = iccProfileValues.find((known) => known === text);
  if (value === undefined) throw bad('iccprofile', `is none of ${iccProfileValues.join(', ')}`);
  return value;
}

function bad(parameter: string, problem: string): DicomwebError {
  return new DicomwebError('bad-request', `${parameter} ${problem}`, { parameter });
}
