/** The parameters of a search that are not attributes (PS3.18 Table 8.3.4-1), and how a query is bounded. */
import { DicomwebError, printableName } from './errors.ts';

/** Values of each parameter, in the order of the query. */
export type SearchParameters = ReadonlyMap<string, readonly string[]>;

/** Names with a meaning of their own; everything else is an attribute to match. */
export const controlNames: ReadonlySet<string> = new Set([
  'fuzzymatching',
  'includefield',
  'limit',
  'offset',
  'emptyvaluematching',
  'multiplevaluematching',
  'TimezoneOffsetFromUTC',
  '00080201',
]);

/** Most parameters of one request. */
const mostParameters = 500;
/** Longest value of a parameter, in characters; UID lists are the long ones. */
const longestValue = 500_000;

/**
 * Groups a query by parameter.
 *
 * @throws DicomwebError bad-request if it has too many parameters or one is too long
 */
export function groupParameters(query: URLSearchParams): SearchParameters {
  const parameters = new Map<string, string[]>();
  let parameterCount = 0;
  for (const [name, value] of query) {
    parameterCount += 1;
    if (parameterCount > mostParameters)
      throw invalidParameter('query', `has more than ${mostParameters} parameters`);
    if (value.length > longestValue)
      throw invalidParameter(name, `is longer than ${longestValue} characters`);
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
  return parameters;
}

/** A parameter that is `true` or `false`; false if absent. */
export function readFlag(parameters: SearchParameters, name: string): boolean {
  const value = only(parameters, name)?.toLowerCase();
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalidParameter(name, 'is neither true nor false');
}

/** A parameter that is an integer from 0. */
export function readCount(parameters: SearchParameters, name: string): number | undefined {
  const value = only(parameters, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw invalidParameter(name, 'is not an integer from 0');
  return Number(value);
}

/** Timezone Offset From UTC (0008,0201), which is not matched: the zone of the request's dates and times, in minutes. */
export function readTimezoneOffset(parameters: SearchParameters): number | undefined {
  for (const name of ['TimezoneOffsetFromUTC', '00080201']) {
    // An unescaped "+" arrives as a space, and is trimmed.
    const value = only(parameters, name);
    if (value === undefined || value === '') continue;
    const [, sign, hours, minutes] = /^([+-]?)(\d{2})([0-5]\d)$/.exec(value) ?? [];
    const total = Number(hours) * 60 + Number(minutes);
    if (sign === undefined || total > (sign === '-' ? 12 : 14) * 60)
      throw invalidParameter(name, 'is not like +0500 or -0330');
    return sign === '-' ? -total : total;
  }
  return undefined;
}

/** The error for a parameter with an invalid value; never contains the value. */
export function invalidParameter(name: string, problem: string): DicomwebError {
  return new DicomwebError('bad-request', `${printableName(name)} ${problem}`, {
    parameter: printableName(name),
  });
}

function only(parameters: SearchParameters, name: string): string | undefined {
  const [value, ...further] = parameters.get(name) ?? [];
  if (further.length > 0) throw invalidParameter(name, 'is given more than once');
  return value?.trim();
}
