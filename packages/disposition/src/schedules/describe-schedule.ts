/** Versions of schedules as people read them: one JSON shape for the API and the command line. */
import type { ScheduleVersion } from '@sandyq/database';

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
