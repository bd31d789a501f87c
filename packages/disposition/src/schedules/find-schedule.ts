/** Schedules as people name them. */
import type { Queryable } from '@sandyq/database';
import type { RetentionSchedule } from '@sandyq/retention';
import { DispositionError } from '../errors.ts';
import { findReadySchedule } from './ready-schedules.ts';
import { readScheduleVersion, scheduleInForce } from './schedule-in-force.ts';

/** A schedule, and whether it is the one in force. */
export interface NamedSchedule {
  readonly rules: RetentionSchedule;
  readonly isInForce: boolean;
}

/** Throws DispositionError('conflict') where none is in force. */
export async function demandScheduleInForce(client: Queryable, now: Date): Promise<RetentionSchedule> {
  const found = await scheduleInForce(client, now);
  if (found !== undefined) return found.rules;
  throw new DispositionError(
    'conflict',
    'No retention schedule is in force: propose one and have it adopted (schedule propose, schedule adopt).',
  );
}

/**
 * `NAME@VERSION`: one that was proposed or adopted; `NAME`: one that comes with the archive; undefined: the one in force.
 * Throws DispositionError('not-found'), DatabaseError('not-found').
 */
export async function findSchedule(
  client: Queryable,
  reference: string | undefined,
  now: Date,
): Promise<NamedSchedule> {
  if (reference === undefined) return { rules: await demandScheduleInForce(client, now), isInForce: true };
  const rules = await namedRules(client, reference);
  const inForce = (await scheduleInForce(client, now))?.rules;
  const isInForce = rules.schedule === inForce?.schedule && rules.version === inForce.version;
  return { rules, isInForce };
}

async function namedRules(client: Queryable, reference: string): Promise<RetentionSchedule> {
  const [, name, version] = /^(.+)@([1-9]\d{0,8})$/.exec(reference) ?? [];
  if (name !== undefined) return (await readScheduleVersion(client, name, Number(version))).rules;
  const ready = await findReadySchedule(reference);
  if (ready !== undefined) return ready.rules;
  throw new DispositionError(
    'not-found',
    `There is no schedule ${reference}: name one that comes with the archive, or NAME@VERSION.`,
  );
}
