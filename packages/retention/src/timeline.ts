/** The studies of a person in the order of their days: reckoned once, however many of them are judged. Pure. */
import { addDays, type CalendarDate } from './calendar-date.ts';
import { dayIn } from './day-in-zone.ts';
import type { OtherStudy } from './subject.ts';

/** Another study with its date. */
export interface DatedStudy extends OtherStudy {
  readonly date: CalendarDate;
}

/** Whether it was made on that day; else it was received then, and made at any time before. */
export function isDated({ date, studyDate }: DatedStudy): boolean {
  return date === studyDate;
}

interface Timeline {
  readonly timeZone: string;
  readonly studies: readonly DatedStudy[];
}

/** By the list that the studies of a person share: else a person's timeline would be made for each of them. */
const timelines = new WeakMap<readonly OtherStudy[], Timeline>();

/** The studies by their days in this zone. */
export function timelineOf(studies: readonly OtherStudy[], timeZone: string): readonly DatedStudy[] {
  const known = timelines.get(studies);
  if (known?.timeZone === timeZone) return known.studies;
  const dated = studies
    .map((study) => ({ ...study, date: dateOf(study, timeZone) }))
    .sort((a, b) => (a.date < b.date ? -1 : Number(a.date > b.date)));
  timelines.set(studies, { timeZone, studies: dated });
  return dated;
}

/** Those of a timeline that are later than a day. */
export function laterThan(timeline: readonly DatedStudy[], day: CalendarDate): readonly DatedStudy[] {
  let [low, high] = [0, timeline.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timeline[middle]?.date ?? '') > day) high = middle;
    else low = middle + 1;
  }
  return timeline.slice(low);
}

/** A study of an unknown or impossible date counts on the day on which it was received. */
function dateOf({ studyDate, firstReceivedAt }: OtherStudy, timeZone: string): CalendarDate {
  const received = dayIn(timeZone, firstReceivedAt);
  return studyDate !== undefined && studyDate <= addDays(received, 1) ? studyDate : received;
}
