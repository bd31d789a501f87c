/** Reads a search request (PS3.18 §8.3.4, §10.6.1): the query of QIDO-RS becomes filters, fields and a page. */
import { type IncludedFields, parseIncludeFields } from './include-field.ts';
import { type Filter, parseFilters } from './search-filters.ts';
import { groupParameters, readCount, readFlag, readTimezoneOffset } from './search-parameters.ts';
import type { SearchLevel } from './supported-attributes.ts';

/** The study or series that the path of a search fixes (PS3.18 Table 10.6.1-1). */
export interface SearchScope {
  readonly studyInstanceUid?: string | undefined;
  readonly seriesInstanceUid?: string | undefined;
}

/** A search, validated whole. */
export interface SearchRequest {
  readonly level: SearchLevel;
  readonly studyInstanceUid?: string;
  readonly seriesInstanceUid?: string;
  readonly filters: readonly Filter[];
  /** Attributes to return besides those of return-attributes.ts and of the filters. */
  readonly include: IncludedFields;
  /** Whether person names match fuzzily (PS3.18 §8.3.4.2). */
  readonly fuzzy: boolean;
  /** Minutes from UTC of the dates and times of the filters, if the request says so (PS3.18 §8.3.4.1.1). */
  readonly offsetMinutes?: number;
  /** Most results wanted; absent = as many as the service gives. 0 is a limit. */
  readonly limit?: number;
  /** Matches to skip. */
  readonly offset: number;
  /** Texts for Warning header fields, ready for warningHeader(). */
  readonly warnings: readonly string[];
}

/**
 * Reads a search request. What the archive does not know is ignored with a warning; what it knows must be right
 * (PS3.18 §8.3).
 *
 * @param level what is searched for
 * @param scope what the path fixes, checked by parseUid
 * @param query the decoded query
 * @throws DicomwebError bad-request, naming the parameter
 */
export function parseSearch(level: SearchLevel, scope: SearchScope, query: URLSearchParams): SearchRequest {
  const parameters = groupParameters(query);
  const warnings: string[] = [];
  const limit = readCount(parameters, 'limit');
  const offsetMinutes = readTimezoneOffset(parameters);
  return {
    level,
    ...(scope.studyInstanceUid !== undefined && { studyInstanceUid: scope.studyInstanceUid }),
    ...(scope.seriesInstanceUid !== undefined && { seriesInstanceUid: scope.seriesInstanceUid }),
    filters: parseFilters(level, parameters, warnings),
    include: parseIncludeFields(level, parameters.get('includefield') ?? [], warnings),
    fuzzy: readFlag(parameters, 'fuzzymatching'),
    ...(limit !== undefined && { limit }),
    ...(offsetMinutes !== undefined && { offsetMinutes }),
    offset: readCount(parameters, 'offset') ?? 0,
    warnings,
  };
}
