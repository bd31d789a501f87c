/** The Accept header field and the `accept` query parameter (PS3.18 §8.3.3.1, §8.4.1.1; RFC 9110 §12.5.1). */
import { DicomwebError } from './errors.ts';
import { type MediaType, parseMediaTypeList, readMediaTypeList } from './media-type.ts';

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
 * parameter says more. What is not valid in the header is ignored (PS3.18 §8.7.7): a header of nothing else accepts
 * nothing.
 *
 * @param header value of the Accept header field
 * @param query decoded value of the `accept` query parameter
 * @throws DicomwebError bad-request: the parameter cannot be read, or the header is too long to be; it names 'accept' or
 * 'Accept'
 */
export function parseAccept(header: string | undefined, query?: string | null): Accept {
  const fromQuery = query === undefined || query === null ? [] : readQuery(restorePlus(query));
  const fromHeader = header === undefined ? [] : readHeader(header);
  const isHeaderEmpty = header === undefined || header.trim() === '';
  if (isHeaderEmpty && fromQuery.length === 0) return { query: [], header: [anything] };
  return { query: fromQuery, header: fromHeader };
}

function readHeader(text: string): MediaRange[] {
  if (text.length > longestAccept) throw unreadable('Accept');
  return readMediaTypeList(text).map((mediaType) => weigh(mediaType) ?? { ...mediaType, quality: 1 });
}

function readQuery(text: string): MediaRange[] {
  const list = text.length > longestAccept ? undefined : parseMediaTypeList(text);
  if (list === undefined) throw unreadable('accept');
  return list.map((mediaType) => {
    const range = weigh(mediaType);
    if (range !== undefined) return range;
    throw new DicomwebError('bad-request', 'accept has a q that is not a number from 0 to 1', {
      parameter: 'accept',
    });
  });
}

function unreadable(parameter: 'accept' | 'Accept'): DicomwebError {
  const example = 'multipart/related; type="application/dicom"; transfer-syntax=*';
  return new DicomwebError('bad-request', `${parameter} is not a list of media types such as ${example}`, {
    parameter,
  });
}

/** Undefined where q is not a weight (RFC 9110 §12.4.2). */
function weigh(mediaType: MediaType): MediaRange | undefined {
  const parameters = new Map(mediaType.parameters);
  const weight = parameters.get('q');
  parameters.delete('q');
  if (weight === undefined) return { ...mediaType, parameters, quality: 1 };
  if (!/^(?:[01](?:\.\d*)?|\.\d+)$/.test(weight) || Number(weight) > 1) return undefined;
  return { ...mediaType, parameters, quality: Number(weight) };
}

/** In a query a bare "+" decodes to a space: `accept=application/dicom+json` arrives as `application/dicom json`. */
function restorePlus(query: string): string {
  return query.replace(/(dicom) (json|xml)/gi, '$1+$2');
}
