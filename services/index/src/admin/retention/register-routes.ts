/** `/admin/retention/facts`, `…/programmes`, `…/facilities`, `…/devices`: what schedules ask and images do not say. */
import {
  listPatientFacts,
  listProgrammes,
  type PatientFact,
  type PatientFactFilter,
  type StudyProgramme,
} from '@sandyq/database';
import {
  changeCommissioned,
  changeRegion,
  type FactRequest,
  registerFact,
  registerStudyProgramme,
  withdrawFact,
  withdrawStudyProgramme,
} from '@sandyq/disposition';
import { type Answer, type GuardedRoute, HttpError, jsonAnswer, type RequestContext } from '@sandyq/http';
import { z } from 'zod';
import { flagOf, limitOf, nextOf, parameterOf } from '../parameters.ts';
import { actorOf, type DecisionPorts, readInput, retentionRoute, withClock } from './retention-route.ts';

/** Routes of registers. */
export function registerRoutes(archive: DecisionPorts): GuardedRoute[] {
  return [
    retentionRoute('GET', '/facts', (context) => getFacts(archive, context)),
    retentionRoute('POST', '/facts', (context) => postFact(archive, context)),
    retentionRoute('POST', '/facts/:id/withdraw', (context) => postFactWithdrawal(archive, context)),
    retentionRoute('GET', '/programmes', (context) => getProgrammes(archive, context)),
    retentionRoute('POST', '/programmes', (context) => postProgramme(archive, context)),
    retentionRoute('POST', '/programmes/withdraw', (context) => postProgrammeWithdrawal(archive, context)),
    retentionRoute('POST', '/facilities/:code/region', (context) => postRegion(archive, context)),
    retentionRoute('POST', '/devices/:code/commissioned', (context) => postCommissioned(archive, context)),
  ];
}

const kindSchema = z.enum(['birth', 'death', 'contact', 'diagnosis']);

/** `issuer`, `patientId` and `kind` narrow; `withdrawn=true`: also those that were wrong. */
async function getFacts({ database }: DecisionPorts, context: RequestContext): Promise<Answer> {
  const { query } = context;
  const limit = limitOf(context);
  const filter: PatientFactFilter = {
    issuer: query.get('issuer') ?? undefined,
    patientId: query.get('patientId') ?? undefined,
    kind: parameterOf(context, 'kind', kindSchema),
    includeWithdrawn: flagOf(context, 'withdrawn'),
    after: parameterOf(context, 'after', z.uuid()),
  };
  const facts = await listPatientFacts(database, filter, limit);
  const next = nextOf(facts, limit, ({ patientFactId }) => patientFactId);
  return jsonAnswer(200, { facts: facts.map(describeFact), next });
}

const factSchema = z.strictObject({
  issuer: z.string(),
  patientId: z.string(),
  kind: kindSchema,
  class: z.string().optional(),
  on: z.string(),
  source: z.string(),
});

async function postFact(archive: DecisionPorts, context: RequestContext): Promise<Answer> {
  const { class: diagnosisClass, ...said } = await readInput(context, factSchema);
  const request: FactRequest = { ...said, diagnosisClass };
  const registered = await registerFact(withClock(archive), request, await actorOf(archive, context));
  return jsonAnswer(registered.isNew ? 201 : 200, registered);
}

async function postFactWithdrawal(archive: DecisionPorts, context: RequestContext): Promise<Answer> {
  const id = context.params['id'] ?? '';
  if (!z.uuid().safeParse(id).success) throw new HttpError('not-found', 'There is no such fact.');
  await withdrawFact(withClock(archive), id, await actorOf(archive, context));
  return jsonAnswer(200, { id });
}

/** `study` and `programme` narrow. */
async function getProgrammes({ database }: DecisionPorts, context: RequestContext): Promise<Answer> {
  const { query } = context;
  const limit = limitOf(context);
  const filter = {
    studyInstanceUid: query.get('study') ?? undefined,
    programme: query.get('programme') ?? undefined,
    after: parameterOf(context, 'after', z.uuid()),
  };
  const programmes = await listProgrammes(database, filter, limit);
  const next = nextOf(programmes, limit, ({ studyProgrammeId }) => studyProgrammeId);
  return jsonAnswer(200, { programmes: programmes.map(describeProgramme), next });
}

const programmeSchema = z.strictObject({ studyInstanceUid: z.string(), programme: z.string() });

async function postProgramme(archive: DecisionPorts, context: RequestContext): Promise<Answer> {
  const request = await readInput(context, programmeSchema);
  const registered = await registerStudyProgramme(
    withClock(archive),
    request,
    await actorOf(archive, context),
  );
  return jsonAnswer(registered.isNew ? 201 : 200, registered);
}

async function postProgrammeWithdrawal(archive: DecisionPorts, context: RequestContext): Promise<Answer> {
  const request = await readInput(context, programmeSchema);
  await withdrawStudyProgramme(withClock(archive), request, await actorOf(archive, context));
  return jsonAnswer(200, request);
}

const regionSchema = z.strictObject({ region: z.string().optional() });

/** Without a region: it is not known. */
async function postRegion(archive: DecisionPorts, context: RequestContext): Promise<Answer> {
  const { region } = await readInput(context, regionSchema);
  const code = context.params['code'] ?? '';
  await changeRegion(withClock(archive), { code, region }, await actorOf(archive, context));
  return jsonAnswer(200, { facility: code, region });
}

const commissionedSchema = z.strictObject({ commissionedOn: z.string().optional() });

async function postCommissioned(archive: DecisionPorts, context: RequestContext): Promise<Answer> {
  const { commissionedOn } = await readInput(context, commissionedSchema);
  const code = context.params['code'] ?? '';
  await changeCommissioned(withClock(archive), { code, commissionedOn }, await actorOf(archive, context));
  return jsonAnswer(200, { device: code, commissionedOn });
}

/** A fact as the admin API and the command line answer it. */
export function describeFact(fact: PatientFact) {
  const { patientFactId: id, diagnosisClass, registeredAt, withdrawnAt, ...said } = fact;
  return {
    id,
    ...said,
    class: diagnosisClass,
    registeredAt: registeredAt.toISOString(),
    withdrawnAt: withdrawnAt?.toISOString(),
  };
}

/** Likewise of a programme. */
export function describeProgramme({ studyProgrammeId: id, registeredAt, ...said }: StudyProgramme) {
  return { id, ...said, registeredAt: registeredAt.toISOString() };
}
