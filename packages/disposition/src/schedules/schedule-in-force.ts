/** The version of a schedule that counts now, and versions as they are read. */
import { adoptedAround, type Queryable, readSchedule, type WrittenSchedule } from '@sandyq/database';
import { dayIn, parseSchedule, type RetentionSchedule } from '@sandyq/retention';

/** A version with its rules. */
export interface ReadSchedule {
  readonly written: WrittenSchedule;
  readonly rules: RetentionSchedule;
}

/**
 * The version in force at `now`: adopted, and effective on the day that it is in its time zone; of several the latest to
 * become effective, then the latest to be adopted. Undefined: none is.
 */
export async function scheduleInForce(client: Queryable, now: Date): Promise<ReadSchedule | undefined> {
  for (const written of await adoptedAround(client, dayIn('UTC', now))) {
    const rules = rulesOf(written);
    const day = dayIn(rules.timeZone, now);
    const { from, until } = rules.effective;
    if (from <= day && (until === undefined || day < until)) return { written, rules };
  }
  return undefined;
}

/** A version, in force or not. Throws DatabaseError('not-found'). */
export async function readScheduleVersion(
  client: Queryable,
  schedule: string,
  version: number,
): Promise<ReadSchedule> {
  const written = await readSchedule(client, schedule, version);
  return { written, rules: rulesOf(written) };
}

/** Reading takes longer than judging a thousand studies by it. */
const read = new Map<string, RetentionSchedule>();
const MOST_READ = 32;

/** What a version says. */
export function rulesOf({ text, sha256 }: WrittenSchedule): RetentionSchedule {
  const key = sha256.toString('hex');
  const known = read.get(key);
  if (known !== undefined) return known;
  const rules = parseSchedule(text);
  if (read.size >= MOST_READ) read.clear();
  read.set(key, rules);
  return rules;
}
