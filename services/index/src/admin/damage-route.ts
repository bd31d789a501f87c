/** `GET /admin/damage`: what is missing or damaged, and what lies in the store that the index cannot take in. */
import {
  countDamagedSegments,
  type Database,
  type ListedDamage,
  listDamage,
  listMissingQuarantine,
  listNotedObjects,
  type NotedObject,
} from '@sandyq/database';
import { type GuardedRoute, jsonAnswer } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { confinementOf, flagOf, listParameters, pageOf } from './parameters.ts';
import { adminRoute } from './refusal.ts';

/** Noted objects and missing quarantine objects that an answer holds at most; it says if there are more. */
const LISTED_BESIDE = 1_000;

/** What of the damage is asked for. */
export interface DamageQuery {
  readonly facilityId: number | undefined;
  readonly includeRepaired: boolean;
  readonly before: number | undefined;
  readonly limit: number;
}

/** As the admin API and the command line show it. */
export async function describeDamage(database: Database, query: DamageQuery) {
  const { facilityId, limit, includeRepaired, before } = query;
  const filter = { facilityId, includeRepaired, before };
  const rows = await listDamage(database, filter, limit);
  const quarantine = await listMissingQuarantine(database, { facilityId }, LISTED_BESIDE + 1);
  // Of no facility that anybody could name: shown to those who see all.
  const noted = facilityId === undefined ? await listNotedObjects(database, '', LISTED_BESIDE + 1) : [];
  return {
    segments: await countDamagedSegments(database),
    damage: rows.map(describeFinding),
    quarantine: quarantine.slice(0, LISTED_BESIDE).map((entry) => ({
      id: entry.quarantineId,
      objectKey: entry.objectKey,
      condition: entry.condition,
      facility: entry.facilityCode,
      receivedAt: entry.receivedAt,
    })),
    objects: noted.slice(0, LISTED_BESIDE).map(describeNoted),
    ...(quarantine.length > LISTED_BESIDE && { moreQuarantine: true }),
    ...(noted.length > LISTED_BESIDE && { moreObjects: true }),
    ...pageOf(rows, limit, ({ damageId }) => damageId),
  };
}

function describeFinding(found: ListedDamage) {
  return {
    id: found.damageId,
    segmentId: found.segmentId,
    objectKey: found.objectKey,
    ordinal: found.ordinal,
    kind: found.kind,
    what: found.what,
    foundBy: found.foundBy,
    foundAt: found.foundAt,
    repairedAt: found.repairedAt,
    facility: found.facilityCode,
    studyInstanceUid: found.studyInstanceUid,
    instances: found.instances,
  };
}

function describeNoted({ key, kind, what, sizeBytes, foundAt }: NotedObject) {
  return { objectKey: key, kind, what, sizeBytes, foundAt };
}

export function damageRoute({ database }: Pick<Archive, 'database'>): GuardedRoute {
  return adminRoute({
    method: 'GET',
    path: '/admin/damage',
    action: 'manage-quarantine',
    patientData: true,
    keepsToFacility: true,
    handler: async (context) => {
      const { facilityId, before, limit } = await listParameters(database, context);
      const query = { before, limit, includeRepaired: flagOf(context, 'repaired') };
      return jsonAnswer(
        200,
        await describeDamage(database, { ...query, facilityId: facilityId ?? confinementOf(context) }),
      );
    },
  });
}
