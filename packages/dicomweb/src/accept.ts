/** The Accept header field and the `accept` query parameter (PS3.18 §8.3.3.1, §8.4.1.1; RFC 9110 §12.5.1). */
import { DicomwebError } from './errors.ts';
import { type MediaType, parseMediaTypeList } from './media-type.ts';

/** A media range with its weight. The parameters do not contain `q`. */
export interface MediaRange extends MediaType {
  /** 0 (not acceptable) to 1. */
  readonly quality: number;
}

/** What a client accepts: the ranges of the query parameter come before those of the header (PS3.18 §8.7.8.1). */
export interface Accept {
  readonly query: readonly MediaRange[];
  readonly header: readonly MediaRange[];
}

/** Longest Accept header or parameter that is read, in characters. */
const longestAccept = 16_384;

const anything: MediaRange = { type: '*', subtype: '*', parameters: new Map(), quality: 1 };

/**
 * Reads what a client accepts. A missing or empty header means anything (RFC 9110 §12.5.1), unless the query
 * parameter says more.
 *
 * @param header value of the Accept header field
 * @param query decoded value of the `accept` query parameter
 * @throws DicomwebError bad-request, naming 'Accept' or 'accept', if one cannot be read
 */
export function parseAccept(header: string | undefined, query?: string | null): Accept {
  const fromQuery = query === undefined || query === null ? [] : readRanges(restorePlus(query), 'accept');
  const fromHeader = header === undefined ? [] : readRanges(header, 'Accept');
  if (fromHeader.length === 0 && fromQuery.length === 0) return { query: [], header: [anything] };
  return { query: fromQuery, header: fromHeader };
}

function readRanges(text: string, parameter: 'accept' | 'Accept'): MediaRange[] {
  const list = text.length > longestAccept ? undefined : parseMediaTypeList(text);
  if (list === undefined) {
    const example = 'multipart/related; type="application/dicom"; transfer-syntax=*';
    throw new DicomwebError('bad-request', `${parameter} is not a list of media types such as ${example}`, {
      parameter,
    });
  }
  return list.map((mediaType) => weigh(mediaType, parameter));
}

function weigh(mediaType: MediaType, parameter: string): MediaRange {
  const parameters = new Map(mediaType.parameters);
  const weight = parameters.get('q');
  parameters.delete('q');
  if (weight === undefined) return { ...mediaType, parameters, quality: 1 };
  if (!/^(?:[01](?:\.\d*)?|\.\d+)$/.test(weight) || Number(weight) > 1) {
    throw new DicomwebError('bad-request', `${parameter} has a q that is not a number from 0 to 1`, {
      parameter,
    });
  }
  return { ...mediaType, parameters, quality: Number(weight) };
}

/** In a query a bare "+" decodes to a space: `accept=application/dicom+json` arrives as `application/dicom json`. */
function restorePlus(query: string): string {
  return query.replace(/(dicom) (json|xml)/gi, '$1+$2');
}
