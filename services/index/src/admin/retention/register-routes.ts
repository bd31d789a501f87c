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
  type RegisterPorts,
  registerFact,
  registerStudyProgramme,
  withdrawFact,
  withdrawStudyProgramme,
} from '@sandyq/disposition';
import {
  type Answer,
  type GuardedRoute,
  HttpError,
  jsonAnswer,
  type RequestContext,
  readJson,
} from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { z } from 'zod';
import { parseInput } from '../new-principals.ts';
import { flagOf, limitOf } from '../parameters.ts';
import { actorOf, retentionRoute } from './retention-route.ts';

type Ports = Pick<Archive, 'database' | 'store' | 'maintenance' | 'logger' | 'newId'>;

/** Routes of registers. */
export function registerRoutes(archive: Ports): GuardedRoute[] {
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

function portsOf(archive: Ports): RegisterPorts {
  return { ...archive, now: () => new Date() };
}

const kindSchema = z.enum(['birth', 'death', 'contact', 'diagnosis']);

/** `issuer`, `patientId` and `kind` narrow; `withdrawn=true`: also those that were wrong. */
async function getFacts({ database }: Ports, context: RequestContext): Promise<Answer> {
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
  const next = facts.length < limit ? undefined : facts.at(-1)?.patientFactId;
  return jsonAnswer(200, { facts: facts.map(describeFact), next });
}

/** What the parameter says; undefined where it is absent. Throws `bad-request`. */
function parameterOf<Value>(
  { query }: RequestContext,
  name: string,
  schema: z.ZodType<Value>,
): Value | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new HttpError('bad-request', `"${name}" cannot be used.`);
}

const factSchema = z.strictObject({
  issuer: z.string(),
  patientId: z.string(),
  kind: kindSchema,
  class: z.string().optional(),
  on: z.string(),
  source: z.string(),
});

async function postFact(archive: Ports, context: RequestContext): Promise<Answer> {
  const { class: diagnosisClass, ...said } = parseInput(factSchema, await readJson(context));
  const request: FactRequest = { ...said, diagnosisClass };
  const registered = await registerFact(portsOf(archive), request, await actorOf(archive, context));
  return jsonAnswer(registered.isNew ? 201 : 200, registered);
}

async function postFactWithdrawal(archive: Ports, context: RequestContext): Promise<Answer> {
  const id = context.params['id'] ?? '';
  if (!z.uuid().safeParse(id).success) throw new HttpError('not-found', 'There is no such fact.');
  await withdrawFact(portsOf(archive), id, await actorOf(archive, context));
  return jsonAnswer(200, { id });
}

/** `study` and `programme` narrow. */
async function getProgrammes({ database }: Ports, context: RequestContext): Promise<Answer> {
  const { query } = context;
  const limit = limitOf(context);
  const filter = {
    studyInstanceUid: query.get('study') ?? undefined,
    programme: query.get('programme') ?? undefined,
    after: parameterOf(context, 'after', z.uuid()),
  };
  const programmes = await listProgrammes(database, filter, limit);
  const next = programmes.length < limit ? undefined : programmes.at(-1)?.studyProgrammeId;
  return jsonAnswer(200, { programmes: programmes.map(describeProgramme), next });
}

const programmeSchema = z.strictObject({ studyInstanceUid: z.string(), programme: z.string() });

async function postProgramme(archive: Ports, context: RequestContext): Promise<Answer> {
  const request = parseInput(programmeSchema, await readJson(context));
  const registered = await registerStudyProgramme(portsOf(archive), request, await actorOf(archive, context));
  return jsonAnswer(registered.isNew ? 201 : 200, registered);
}

async function postProgrammeWithdrawal(archive: Ports, context: RequestContext): Promise<Answer> {
  const request = parseInput(programmeSchema, await readJson(context));
  await withdrawStudyProgramme(portsOf(archive), request, await actorOf(archive, context));
  return jsonAnswer(200, request);
}

const regionSchema = z.strictObject({ region: z.string().optional() });

/** Without a region: it is not known. */
async function postRegion(archive: Ports, context: RequestContext): Promise<Answer> {
  const { region } = parseInput(regionSchema, await readJson(context));
  const code = context.params['code'] ?? '';
  await changeRegion(portsOf(archive), { code, region }, await actorOf(archive, context));
  return jsonAnswer(200, { facility: code, region });
}

const commissionedSchema = z.strictObject({ commissionedOn: z.string().optional() });

async function postCommissioned(archive: Ports, context: RequestContext): Promise<Answer> {
  const { commissionedOn } = parseInput(commissionedSchema, await readJson(context));
  const code = context.params['code'] ?? '';
  await changeCommissioned(portsOf(archive), { code, commissionedOn }, await actorOf(archive, context));
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
