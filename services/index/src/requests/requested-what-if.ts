/** What a schedule would mean, reckoned for whoever asked the admin API. */
import { type Database, facilityByCode, readArchiveSize } from '@sandyq/database';
import { findSchedule, whatIf } from '@sandyq/disposition';
import { parseSchedule, type RetentionSchedule } from '@sandyq/retention';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { actorOfRequest } from './acting-principal.ts';
import type { RequestedWork } from './work-off-requests.ts';

/** Whether the database takes it as a part of JSON. */
function isKeepable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** Of which schedule; default: the one in force. */
export const whatIfInput = z
  .strictObject({
    schedule: z.string().optional(),
    /** YAML or JSON, instead of a name. */
    text: z.string().refine(isKeepable, 'must be Unicode text without NUL').optional(),
    facility: z.string().optional(),
  })
  .refine(({ schedule, text }) => schedule === undefined || text === undefined, {
    message: 'schedule and text exclude each other',
  });

type WhatIfInput = z.output<typeof whatIfInput>;

/** The schedule that is asked about. Throws RetentionError, DispositionError or DatabaseError where there is none. */
export async function rulesAskedAbout(
  database: Database,
  { schedule, text }: WhatIfInput,
  now: Date,
): Promise<RetentionSchedule> {
  return text === undefined ? (await findSchedule(database, schedule, now)).rules : parseSchedule(text);
}

/** Studies, of how many, as far as anybody knows. */
export async function studiesThere(
  database: Database,
  facility: string | undefined,
): Promise<number | undefined> {
  const facilityId =
    facility === undefined ? undefined : (await facilityByCode(database, facility)).facilityId;
  const { studies, precision } = await readArchiveSize(database, facilityId);
  return precision === 'at-least' ? undefined : studies;
}

/** Judges every study. */
export function requestedWhatIf(archive: Archive): RequestedWork {
  const { database } = archive;
  return {
    kind: 'what-if',
    run: async (request, { signal, onProgress }) => {
      await actorOfRequest(archive, request);
      const input = whatIfInput.parse(request.input);
      const { facility } = input;
      const now = new Date();
      const rules = await rulesAskedAbout(database, input, now);
      const of = await studiesThere(database, facility);
      const told = (studies: number) => onProgress({ studies, of });
      told(0);
      const found = await whatIf(database, { rules, facility, now, signal, onProgress: told });
      const result = { schedule: rules.schedule, scheduleVersion: rules.version, ...found };
      return { result, isWhole: true };
    },
  };
}
