/** The attributes of a query as filters (PS3.18 §8.3.4.1): which they are, and how those belonging together join. */
import { type Tag, Tags, type Vr } from '@sandyq/dicom';
import { parseAttributePath } from './attribute-path.ts';
import { isReversed } from './date-time-match.ts';
import { combineRanges, type Match, parseMatch } from './match.ts';
import { controlNames, invalidParameter, readFlag, type SearchParameters } from './search-parameters.ts';
import { unknownParameter, wrongLevel } from './search-warnings.ts';
import { isWithinLevel, type SearchLevel, supportedAttributeAt } from './supported-attributes.ts';

/** One matching rule: all of a request's must hold. */
export interface Filter {
  /** Tags from the data set down to the attribute; always one of supported-attributes.ts. */
  readonly path: readonly Tag[];
  readonly vr: Vr;
  readonly match: Match;
}

/** A filter with the name the client gave its attribute. */
interface NamedFilter extends Filter {
  readonly name: string;
}

/** Parameters that other parts of the service read (PS3.18 §8.3.3). */
const readElsewhere: ReadonlySet<string> = new Set(['accept', 'charset']);

/**
 * Reads the filters of a query.
 *
 * @param warnings receives a text for each parameter that is ignored
 * @throws DicomwebError bad-request, naming the parameter
 */
export function parseFilters(level: SearchLevel, parameters: SearchParameters, warnings: string[]): Filter[] {
  // Multiple Value Matching (PS3.4 C.2.2.2.8): each value becomes a filter.
  const allValues = readFlag(parameters, 'multiplevaluematching');
  const hasEmptyValues = readFlag(parameters, 'emptyvaluematching');
  const filters: NamedFilter[] = [];
  const seen = new Set<string>();
  for (const [name, values] of parameters) {
    if (controlNames.has(name) || readElsewhere.has(name)) continue;
    const attribute = attributeOf(name, level, warnings);
    if (attribute === undefined) continue;
    const { path, vr } = attribute;
    const key = path.join('.');
    if (seen.has(key) || (vr !== 'UI' && values.length > 1))
      throw invalidParameter(name, 'is given more than once');
    seen.add(key);
    for (const text of splitValues(vr, values, allValues)) {
      const isEmpty = hasEmptyValues && text.trim() === emptyValue;
      filters.push({ name, path, vr, match: isEmpty ? { kind: 'empty' } : matchOf(name, vr, text) });
    }
  }
  return combineDatesAndTimes(filters);
}

function attributeOf(
  name: string,
  level: SearchLevel,
  warnings: string[],
): Pick<Filter, 'path' | 'vr'> | undefined {
  const path = parseAttributePath(name);
  const attribute = path === undefined ? undefined : supportedAttributeAt(path);
  if (attribute === undefined) warnings.push(unknownParameter(name));
  else if (isWithinLevel(attribute.level, level)) return attribute;
  else warnings.push(wrongLevel(name, attribute.level));
  return undefined;
}

/** What asks for attributes without a value (PS3.4 C.2.2.2.7). */
const emptyValue = '""';

/** VRs that Multiple Value Matching applies to (PS3.4 C.2.2.2.8). */
const multipleValueVrs: ReadonlySet<Vr> = new Set(['AE', 'AS', 'CS', 'LO', 'PN', 'SH', 'UC']);

/** UIDs may also be given by repeating the parameter: some clients send lists so. */
function splitValues(vr: Vr, values: readonly string[], allValues: boolean): readonly string[] {
  if (vr === 'UI') return [values.filter((uid) => uid.trim() !== '').join(',')];
  const [value = ''] = values;
  if (!allValues || !multipleValueVrs.has(vr)) return [value];
  return value.split(vr === 'CS' ? /[,\\]/ : '\\');
}

function matchOf(name: string, vr: Vr, text: string): Match {
  const match = parseMatch(vr, text);
  if ('problem' in match) throw invalidParameter(name, match.problem);
  return match;
}

const datesAndTimes: readonly (readonly [date: Tag, time: Tag])[] = [
  [Tags.StudyDate, Tags.StudyTime],
  [Tags.SeriesDate, Tags.SeriesTime],
  [Tags.PerformedProcedureStepStartDate, Tags.PerformedProcedureStepStartTime],
  [Tags.ContentDate, Tags.ContentTime],
];

/** Combined datetime matching (PS3.4 C.2.2.2.5): ranges of the same form become one range of moments. */
function combineDatesAndTimes(filters: readonly NamedFilter[]): Filter[] {
  let joined = filters;
  for (const [date, time] of datesAndTimes) joined = combinePair(joined, date, time);
  return joined.map(({ name, path, vr, match }) => {
    const isRange = match.kind === 'range' || match.kind === 'combined-range';
    if (isRange && isReversed(match))
      throw invalidParameter(name, 'is a range whose end lies before its beginning');
    return { path, vr, match };
  });
}

function combinePair(filters: readonly NamedFilter[], dateTag: Tag, timeTag: Tag): readonly NamedFilter[] {
  const date = filters.find(({ path }) => path[0] === dateTag);
  const time = filters.find(({ path }) => path[0] === timeTag);
  if (date?.match.kind !== 'range' || time?.match.kind !== 'range') return filters;
  const moments = combineRanges(date.match, time.match);
  if (moments === undefined) return filters;
  const match: Match = { kind: 'combined-range', timePath: time.path, ...moments };
  return filters
    .filter((filter) => filter !== time)
    .map((filter) => (filter === date ? { ...date, match } : filter));
}
