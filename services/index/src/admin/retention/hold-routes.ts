/** `/admin/retention/holds`: legal holds, placed by one person and released by another. */
import { type HoldRecord, holdById, listHolds } from '@sandyq/database';
import {
  type HoldRequest,
  type HoldSurvey,
  placeLegalHold,
  readHoldScope,
  releaseLegalHold,
  surveyHold,
} from '@sandyq/disposition';
import { type Answer, type GuardedRoute, jsonAnswer, type RequestContext } from '@sandyq/http';
import { dayIn } from '@sandyq/retention';
import { z } from 'zod';
import { flagOf, limitOf, nextOf, parameterOf } from '../parameters.ts';
import { actorOf, type DecisionPorts, readInput, retentionRoute, withClock } from './retention-route.ts';

/** Routes of holds. */
export function holdRoutes(archive: DecisionPorts): GuardedRoute[] {
  return [
    retentionRoute('GET', '/holds', (context) => list(archive, context)),
    retentionRoute('POST', '/holds', (context) => place(archive, context)),
    retentionRoute('POST', '/holds/survey', (context) => survey(archive, context)),
    retentionRoute('GET', '/holds/:id', async ({ params }) =>
      jsonAnswer(200, describeHold(await holdById(archive.database, params['id'] ?? ''))),
    ),
    retentionRoute('GET', '/holds/:id/studies', (context) => studiesUnder(archive, context)),
    retentionRoute('POST', '/holds/:id/release', (context) => release(archive, context)),
  ];
}

/** `released=true`: also those that are over; `reviewDue=true`: only those in force that somebody has to look at. */
async function list({ database }: DecisionPorts, context: RequestContext): Promise<Answer> {
  const limit = limitOf(context);
  const holds = await listHolds(
    database,
    {
      includeReleased: flagOf(context, 'released'),
      reviewDueOn: flagOf(context, 'reviewDue') ? dayIn('UTC', new Date()) : undefined,
      after: parameterOf(context, 'after', z.uuid()),
    },
    limit,
  );
  const next = nextOf(holds, limit, ({ legalHoldId }) => legalHoldId);
  return jsonAnswer(200, { holds: holds.map(describeHold), next });
}

const scopeMembers = {
  studies: z.array(z.string()).optional(),
  /** YAML or JSON text. */
  condition: z.string().optional(),
};
const scopeSchema = z.strictObject(scopeMembers);
const holdSchema = z.strictObject({
  reason: z.string(),
  authority: z.string(),
  owner: z.string(),
  reviewOn: z.string(),
  ...scopeMembers,
}) satisfies z.ZodType<HoldRequest>;
const releaseSchema = z.strictObject({ reason: z.string() });

async function place(archive: DecisionPorts, context: RequestContext): Promise<Answer> {
  const request = await readInput(context, holdSchema);
  const placed = await placeLegalHold(withClock(archive), request, await actorOf(archive, context));
  return jsonAnswer(201, describeHold(placed));
}

/** Studies that an answer names one by one. */
const STUDIES_SHOWN = 100;

/** What a hold would bind, before it is placed. */
async function survey({ database }: DecisionPorts, context: RequestContext): Promise<Answer> {
  const scope = readHoldScope(await readInput(context, scopeSchema));
  const { signal } = context;
  return surveyAnswer(await surveyHold(database, scope, { now: new Date(), shown: STUDIES_SHOWN, signal }));
}

async function studiesUnder({ database }: DecisionPorts, context: RequestContext): Promise<Answer> {
  const { params, signal } = context;
  const { writtenScope } = await holdById(database, params['id'] ?? '');
  const options = { now: new Date(), shown: limitOf(context), signal };
  return surveyAnswer(await surveyHold(database, writtenScope, options));
}

function surveyAnswer({ studies, undecided, absent, shown }: HoldSurvey): Answer {
  return jsonAnswer(200, { counts: { studies, undecided, absent }, studies: shown });
}

async function release(archive: DecisionPorts, context: RequestContext): Promise<Answer> {
  const { reason } = await readInput(context, releaseSchema);
  const legalHoldId = context.params['id'] ?? '';
  const actor = await actorOf(archive, context);
  const released = await releaseLegalHold(withClock(archive), { legalHoldId, reason }, actor);
  return jsonAnswer(200, describeHold(released));
}

/** A hold as the admin API and the command line answer it. */
export function describeHold(hold: HoldRecord) {
  const { writtenScope: scope } = hold;
  return {
    id: hold.legalHoldId,
    state: hold.releasedAt === undefined ? ('in force' as const) : ('released' as const),
    reason: hold.reason,
    authority: hold.authority,
    owner: hold.owner,
    ...(scope.kind === 'studies' ? { studies: scope.studyInstanceUids } : { condition: scope.condition }),
    reviewOn: hold.reviewOn,
    placedBy: hold.placedBy,
    placedAt: hold.placedAt.toISOString(),
    releasedBy: hold.releasedBy,
    releasedAt: hold.releasedAt?.toISOString(),
    releaseReason: hold.releaseReason,
  };
}
