/**
 * Content negotiation (PS3.18 §8.7.8, RFC 9110 §12.5.1): picks one of the representations a resource can be
 * answered with. What can be offered is decided elsewhere (retrieve-offers.ts).
 */
import type { Accept, MediaRange } from './accept.ts';
import { formatMediaType } from './media-type.ts';

/** A representation the service can answer with. */
export interface Representation {
  /** Media type of the payload, or of each part of a multipart payload. */
  readonly mediaType: string;
  /** Whether it is sent as multipart/related (PS3.18 §8.6.1.2). */
  readonly multipart: boolean;
  /** UID of the transfer syntax; absent where the media type has none, e.g. application/dicom+json. */
  readonly transferSyntax?: string;
  /** Whether a range without a transfer-syntax parameter selects it (PS3.18 §8.7.3: the default, or content only held so). */
  readonly isDefaultSyntax?: boolean;
  /** Whether a range that names no media type selects it (PS3.18 §8.7.8.1 step 4: the default of the category). */
  readonly isDefaultType?: boolean;
}

/**
 * Picks the representation the client likes best. Ranges of the query parameter go before those of the header.
 * For each representation its most specific matching range counts. Then: higher q, more specific range, range
 * named earlier, representation offered earlier.
 *
 * @returns undefined if none is acceptable (answer 406)
 */
export function negotiate<T extends Representation>(accept: Accept, offered: readonly T[]): T | undefined {
  return best(accept.query, offered) ?? best(accept.header, offered);
}

/** Content-Type of a payload, or of a part, in a representation: with its transfer syntax if it has one (PS3.18 §8.7.9). */
export function contentTypeOf({ mediaType, transferSyntax }: Representation): string {
  return formatMediaType(
    mediaType,
    transferSyntax === undefined ? [] : [['transfer-syntax', transferSyntax]],
  );
}

interface Candidate<T> {
  readonly representation: T;
  readonly quality: number;
  readonly specificity: number;
  readonly position: number;
}

function best<T extends Representation>(ranges: readonly MediaRange[], offered: readonly T[]): T | undefined {
  let winner: Candidate<T> | undefined;
  for (const representation of offered) {
    const candidate = rate(ranges, representation);
    if (candidate === undefined || candidate.quality === 0) continue;
    if (winner === undefined || isBetter(candidate, winner)) winner = candidate;
  }
  return winner?.representation;
}

function rate<T extends Representation>(
  ranges: readonly MediaRange[],
  representation: T,
): Candidate<T> | undefined {
  let rating: Candidate<T> | undefined;
  for (const [position, range] of ranges.entries()) {
    const specificity = specificityOf(range, representation);
    if (specificity === undefined) continue;
    if (rating === undefined || specificity > rating.specificity) {
      rating = { representation, quality: range.quality, specificity, position };
    }
  }
  return rating;
}

function isBetter(a: Candidate<unknown>, b: Candidate<unknown>): boolean {
  if (a.quality !== b.quality) return a.quality > b.quality;
  if (a.specificity !== b.specificity) return a.specificity > b.specificity;
  return a.position < b.position;
}

/** How exactly a range names a representation, from 0 (anything) up; undefined = it does not match. */
function specificityOf(range: MediaRange, representation: Representation): number | undefined {
  const typeRank = rankOfType(range, representation);
  const syntaxRank = rankOfSyntax(range, representation);
  if (typeRank === undefined || syntaxRank === undefined) return undefined;
  const namesNothing = typeRank < namesFamily && syntaxRank === 0;
  if (namesNothing && representation.isDefaultType !== true) return undefined;
  return typeRank * 3 + syntaxRank;
}

const anyType = 0;
const anyMultipart = 1;
const namesFamily = 2;
const namesType = 3;

function rankOfType(range: MediaRange, { mediaType, multipart }: Representation): number | undefined {
  if (range.type === '*') return anyType;
  if (range.type !== 'multipart') return multipart ? undefined : rankOfName(nameOf(range), mediaType);
  if (!multipart || (range.subtype !== '*' && range.subtype !== 'related')) return undefined;
  const partType = range.parameters.get('type')?.toLowerCase();
  if (partType === undefined || partType === '*/*' || partType === '*') return anyMultipart;
  return rankOfName(currentName(partType), mediaType);
}

function rankOfName(name: string, mediaType: string): number | undefined {
  const offered = mediaType.toLowerCase();
  if (name === offered) return namesType;
  return name.endsWith('/*') && offered.startsWith(name.slice(0, -1)) ? namesFamily : undefined;
}

function rankOfSyntax(range: MediaRange, representation: Representation): number | undefined {
  const wanted = range.parameters.get('transfer-syntax');
  if (representation.transferSyntax === undefined) return 0;
  if (wanted === undefined) return representation.isDefaultSyntax === true ? 0 : undefined;
  if (wanted === '*') return 1;
  return wanted === representation.transferSyntax ? 2 : undefined;
}

function nameOf(range: MediaRange): string {
  return currentName(`${range.type}/${range.subtype}`);
}

/** Names that PS3.18 used before 2017 and that clients still send. */
const formerNames: ReadonlyMap<string, string> = new Map([
  ['image/x-jls', 'image/jls'],
  ['image/x-dicom-rle', 'image/dicom-rle'],
]);

function currentName(name: string): string {
  return formerNames.get(name) ?? name;
}
