/**
 * Dates and times of a request in the time zone that it names (PS3.18 §8.3.4.1.1, PS3.4 C.2.2.2.5): those of a study that names its
 * own zone are moved into that of the request. Where one of the two says nothing, they are compared as they stand.
 */
import { type Tag, Tags } from '@sandyq/dicom';
import type { Filter } from '@sandyq/dicomweb';
import type { Parameters } from './parameters.ts';

/** Columns of the pairs, by the path of the date and of the time. */
const PAIRS: ReadonlyMap<Tag | undefined, readonly [date: string, time: string]> = new Map([
  [Tags.StudyDate, ['s.study_date', 's.study_time']],
  [Tags.StudyTime, ['s.study_date', 's.study_time']],
  [Tags.SeriesDate, ['e.series_date', 'e.series_time']],
  [Tags.SeriesTime, ['e.series_date', 'e.series_time']],
  [
    Tags.PerformedProcedureStepStartDate,
    ['e.performed_procedure_step_start_date', 'e.performed_procedure_step_start_time'],
  ],
  [
    Tags.PerformedProcedureStepStartTime,
    ['e.performed_procedure_step_start_date', 'e.performed_procedure_step_start_time'],
  ],
  [Tags.ContentDate, ['i.content_date', 'i.content_time']],
  [Tags.ContentTime, ['i.content_date', 'i.content_time']],
]);

/** Timezone Offset From UTC (0008,0201) of the study. */
const ZONE = `s.attributes #>> '{00080201,Value,0}'`;

/** A filter of one of the pairs as SQL; undefined for other attributes, which no zone moves. */
export function zonedCondition(
  { path, vr, match }: Filter,
  offsetMinutes: number,
  parameters: Parameters,
): string | undefined {
  const pair = PAIRS.get(path[0]);
  if (pair === undefined || (match.kind !== 'range' && match.kind !== 'combined-range')) return undefined;
  const [date, time] = pair;
  const days = date === 's.study_date' ? 's.listed_on' : date;
  const form =
    match.kind === 'combined-range' ? 'YYYYMMDDHH24MISS.US' : vr === 'DA' ? 'YYYYMMDD' : 'HH24MISS.US';
  const there = `to_char(${momentThere(pair, parameters.place(offsetMinutes))}, '${form}')`;
  const value = vr === 'TM' ? `coalesce(${there}, ${time})` : there;
  const { from, to } = match;
  return [
    // The date alone first, a zone further than any: it is what the index knows.
    ...(vr === 'DA' && from !== undefined
      ? [`${days} >= ${parameters.place(from.slice(0, 8))}::date - 2`]
      : []),
    ...(vr === 'DA' && to !== undefined ? [`${days} <= ${parameters.place(to.slice(0, 8))}::date + 2`] : []),
    ...(from === undefined ? [] : [`${value} >= ${parameters.place(from)}`]),
    ...(to === undefined ? [] : [`${value} <= ${parameters.place(to)}`]),
  ].join(' and ');
}

/** The moment in the zone of the request. A date without a time is not moved. */
function momentThere([date, time]: readonly [date: string, time: string], offsetMinutes: string): string {
  const minutesOfStudy = `(left(${ZONE}, 1) || '1')::int * (substr(${ZONE}, 2, 2)::int * 60 + substr(${ZONE}, 4, 2)::int)`;
  const isMoved = `${time} is not null and ${ZONE} ~ '^[+-][0-9]{4}$'`;
  const sinceMidnight = `make_interval(hours => left(${time}, 2)::int, mins => substr(${time}, 3, 2)::int,
    secs => substr(${time}, 5)::float8)`;
  return `(${date} + coalesce(${sinceMidnight}, interval '0')
    + case when ${isMoved} then make_interval(mins => ${offsetMinutes}::int - ${minutesOfStudy}) else interval '0' end)`;
}
