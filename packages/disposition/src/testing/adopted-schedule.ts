/** A schedule in force in a test's database: proposed by one, adopted by another. */
import { hash } from 'node:crypto';
import { adoptSchedule, type Database, proposeSchedule } from '@sandyq/database';
import { parseSchedule } from '@sandyq/retention';

/** What a test says of it; the rest is ordinary. */
export interface TestSchedule {
  readonly schedule?: string;
  readonly version?: number;
  readonly from?: string;
  readonly until?: string;
  readonly timeZone?: string;
  /** In place of `years` years from the study date, then destruction. */
  readonly rules?: string;
  readonly years?: number;
}

/** Its YAML. */
export function scheduleText(given: TestSchedule = {}): string {
  const { schedule = 'test', version = 1, from = '2000-01-01', until, timeZone = 'Asia/Almaty' } = given;
  const { years = 10 } = given;
  const rules =
    given.rules ??
    `  - { id: all, title: All, when: {}, keep: { atLeast: [{ period: ${years}y, from: study-date }] }, atEnd: destroy }`;
  return `schedule: ${schedule}
version: ${version}
title: Of tests
source: nowhere
timeZone: ${timeZone}
effective: { from: ${from}${until === undefined ? '' : `, until: ${until}`} }
absence: { death: alive, diagnosis: none, programme: none }
rules:
${rules}
`;
}

/** Proposes it, and adopts it unless it is told not to. */
export async function adoptedSchedule(
  database: Database,
  given: TestSchedule = {},
  { isAdopted = true }: { isAdopted?: boolean } = {},
): Promise<void> {
  const text = scheduleText(given);
  const { schedule, version, effective } = parseSchedule(text);
  await proposeSchedule(database, {
    schedule,
    version,
    text,
    sha256: hash('sha256', text, 'buffer'),
    effectiveFrom: effective.from,
    effectiveUntil: effective.until,
    proposedBy: 'proposer',
  });
  if (isAdopted)
    await database.inTransaction((client) => adoptSchedule(client, { schedule, version }, 'adopter'));
}
