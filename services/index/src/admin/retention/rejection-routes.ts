/** `/admin/retention/rejections`: what is hidden, by whom and why; rejecting and restoring by hand. */
import { listRejections, type Rejection } from '@sandyq/database';
import {
  demandRejection,
  type RejectionPorts,
  rejectByHand,
  restoreByHand,
  surveyRejection,
} from '@sandyq/disposition';
import { type Answer, type GuardedRoute, HttpError, jsonAnswer, type RequestContext } from '@sandyq/http';
import { Directory } from '@sandyq/indexing';
import { rejectionReasons } from '@sandyq/retention';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { limitOf, nextOf, parameterOf } from '../parameters.ts';
import { actorOf, readInput, retentionRoute } from './retention-route.ts';

/** What rejecting works with, made from what the archive has open. */
export function rejectionPorts(
  archive: Pick<Archive, 'database' | 'store' | 'maintenance' | 'logger' | 'newId' | 'settings'>,
): RejectionPorts {
  const { database, store, maintenance, logger, newId, settings } = archive;
  return {
    database,
    store,
    maintenance,
    logger,
    newId,
    directory: new Directory(database, () => performance.now()),
    now: () => new Date(),
    graceDays: settings.retentionGraceDays,
  };
}

/** Routes of rejections. */
export function rejectionRoutes(archive: Archive): GuardedRoute[] {
  const ports = rejectionPorts(archive);
  return [
    retentionRoute('GET', '/rejections', (context) => list(ports, context)),
    retentionRoute('POST', '/rejections', async (context) => {
      const request = await readInput(context, rejectionSchema);
      const rejection = await rejectByHand(ports, request, await actorOf(archive, context));
      return jsonAnswer(201, describeRejection(rejection));
    }),
    retentionRoute('POST', '/rejections/survey', async (context) => {
      const request = await readInput(context, rejectionSchema);
      return jsonAnswer(200, { instances: await surveyRejection(ports, request) });
    }),
    retentionRoute('GET', '/rejections/:id', async (context) =>
      jsonAnswer(200, describeRejection(await demandRejection(ports, idOf(context)))),
    ),
    retentionRoute('POST', '/rejections/:id/restore', async (context) => {
      const { reason } = await readInput(context, restoreSchema);
      const request = { rejectionId: idOf(context), reason };
      const restored = await restoreByHand(ports, request, await actorOf(archive, context));
      return jsonAnswer(200, describeRejection(restored));
    }),
  ];
}

const rejectionSchema = z.strictObject({
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string().optional(),
  sopInstanceUids: z.array(z.string()).min(1).optional(),
  /** Code value, e.g. `113001`. */
  reason: z.string(),
  comment: z.string(),
});
const restoreSchema = z.strictObject({ reason: z.string() });

const stateSchema = z.enum(['rejected', 'restored', 'purging', 'purged']);

/** `study`, `state`, and `before`: id of the last one of the page before. */
async function list({ database }: RejectionPorts, context: RequestContext): Promise<Answer> {
  const limit = limitOf(context);
  const rejections = await listRejections(
    database,
    {
      studyInstanceUid: context.query.get('study') ?? undefined,
      state: parameterOf(context, 'state', stateSchema),
      before: parameterOf(context, 'before', z.uuid()),
    },
    limit,
  );
  const next = nextOf(rejections, limit, ({ rejectionId }) => rejectionId);
  return jsonAnswer(200, { rejections: rejections.map(describeRejection), next });
}

function idOf({ params: { id = '' } }: RequestContext): string {
  if (z.uuid().safeParse(id).success) return id;
  throw new HttpError('bad-request', '"id" must be the id of a rejection.');
}

/** A rejection as the admin API and the command line answer it. */
export function describeRejection(rejection: Rejection) {
  return {
    id: rejection.rejectionId,
    studyInstanceUid: rejection.studyInstanceUid,
    seriesInstanceUid: rejection.seriesInstanceUid,
    instances: rejection.instances,
    awaited: rejection.awaited,
    reason: rejection.reasonCode,
    meaning: rejectionReasons[rejection.reasonCode],
    comment: rejection.reasonText,
    planId: rejection.planId,
    noteUid: rejection.noteUid,
    rejectedBy: rejection.rejectedBy,
    rejectedAt: rejection.rejectedAt.toISOString(),
    restoreUntil: rejection.restoreUntil.toISOString(),
    state: rejection.state,
    decidedBy: rejection.decidedBy,
    decidedAt: rejection.decidedAt?.toISOString(),
  };
}
