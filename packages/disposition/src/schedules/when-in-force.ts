/** When a version that somebody may adopt would be in force, and which one it would take the place of. Pure. */
import { addDays, type CalendarDate, dayIn, type RetentionSchedule } from '@sandyq/retention';

/** A change of the schedule in force. */
export interface Takeover {
  /** From this moment on. */
  readonly from: Date;
  /** Until when it goes before the others; undefined: without an end. */
  readonly until: Date | undefined;
  /** In force at that moment otherwise; undefined: none would be. */
  readonly instead: RetentionSchedule | undefined;
}

/**
 * The version when it is adopted at `now`. `adopted`: all others, that which goes before the others first. Undefined: it is
 * never in force, because it has ended, or others go before it as long as it is effective.
 */
export function whenInForce(
  proposed: RetentionSchedule,
  adopted: readonly RetentionSchedule[],
  now: Date,
): Takeover | undefined {
  // Of those effective from the same day the one adopted last goes first.
  const before = adopted.filter(({ effective }) => effective.from > proposed.effective.from);
  const isOurs = (moment: Date) =>
    isEffective(proposed, moment) && !before.some((one) => isEffective(one, moment));
  const moments = [now, ...[proposed, ...before].flatMap(changesOf)]
    .filter((moment) => moment >= now)
    .sort((a, b) => a.getTime() - b.getTime());
  const from = moments.find(isOurs);
  if (from === undefined) return undefined;
  return {
    from,
    until: moments.find((moment) => moment > from && !isOurs(moment)),
    instead: adopted.find((one) => isEffective(one, from)),
  };
}

function isEffective({ timeZone, effective: { from, until } }: RetentionSchedule, moment: Date): boolean {
  const day = dayIn(timeZone, moment);
  return from <= day && (until === undefined || day < until);
}

function changesOf({ timeZone, effective: { from, until } }: RetentionSchedule): Date[] {
  return [from, ...(until === undefined ? [] : [until])].map((day) => beginningOf(timeZone, day));
}

/** The first moment of a day in a time zone: no zone is a day away from UTC, and days follow each other in all of them. */
function beginningOf(timeZone: string, day: CalendarDate): Date {
  let [before, after] = [addDays(day, -2), addDays(day, 2)].map((near) =>
    Date.parse(`${near}T00:00:00Z`),
  ) as [number, number];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayIn(timeZone, new Date(middle)) < day) before = middle;
    else after = middle;
  }
  return new Date(after);
}
