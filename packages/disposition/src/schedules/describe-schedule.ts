/** Versions of schedules as people read them: one JSON shape for the API and the command line. */
import type { ScheduleVersion } from '@sandyq/database';
import type { AdoptionSurvey, StrandedPlan } from './survey-adoption.ts';

/** A version, without its text. */
export function describeSchedule(version: ScheduleVersion) {
  return {
    schedule: version.schedule,
    version: version.version,
    state: version.adoptedAt === undefined ? ('proposed' as const) : ('adopted' as const),
    sha256: version.sha256.toString('hex'),
    effectiveFrom: version.effectiveFrom,
    effectiveUntil: version.effectiveUntil,
    proposedBy: version.proposedBy,
    proposedAt: version.proposedAt,
    adoptedBy: version.adoptedBy,
    adoptedAt: version.adoptedAt,
  };
}

/** What an adoption means: from when on the version is in force (absent: never), and the plans that nothing more is done by. */
export function describeAdoption({ from, until, instead, stranded }: AdoptionSurvey) {
  return {
    inForceFrom: from,
    inForceUntil: until,
    insteadOf: instead && `${instead.schedule}@${instead.version}`,
    strandedPlans: stranded.map(({ planId, ...plan }) => ({
      id: planId,
      ...plan,
      commands: commandsFor({ planId, ...plan }),
    })),
  };
}

/** See {@link describeAdoption}. */
export type DescribedAdoption = ReturnType<typeof describeAdoption>;

/** What to do about a stranded plan. Studies that it hides stay so until one of these is done. */
function commandsFor({ planId, kind, hidden }: StrandedPlan): string[] {
  const anew = `npm run retention -- plan${kind === 'rejections' ? ' --kind rejections' : ''}`;
  if (kind === 'rejections' || hidden === 0) return [anew];
  const show = `npm run retention -- restore-plan ${planId} --reason "another schedule is in force" --execute`;
  return [show, 'npm run retention -- plan --kind rejections', anew];
}
