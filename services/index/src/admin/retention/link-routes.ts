/** `/admin/retention/links`: which patients are one person, and of whom nobody has said so yet. */
import {
  type AlikeCursor,
  type AlikePatient,
  type AlikePatients,
  type Database,
  listAlikePatients,
  listPatientLinks,
  type PatientLink,
} from '@sandyq/database';
import { decideLink } from '@sandyq/disposition';
import { type Answer, type GuardedRoute, HttpError, jsonAnswer, type RequestContext } from '@sandyq/http';
import { z } from 'zod';
import { parseInput } from '../new-principals.ts';
import { limitOf, nextOf } from '../parameters.ts';
import { actorOf, type DecisionPorts, readInput, retentionRoute, withClock } from './retention-route.ts';

/** Routes of links. */
export function linkRoutes(archive: DecisionPorts): GuardedRoute[] {
  return [
    retentionRoute('GET', '/links', (context) => getLinks(archive, context)),
    retentionRoute('POST', '/links', (context) => postLink(archive, context)),
    retentionRoute('GET', '/links/candidates', (context) => getCandidates(archive, context)),
  ];
}

const filterSchema = z.strictObject({
  state: z.enum(['candidate', 'confirmed', 'refused']).optional(),
  issuer: z.string().optional(),
  patientId: z.string().optional(),
  after: z.coerce.number().int().nonnegative().optional(),
});

/** `state` narrows, and `issuer` with `patientId`. */
async function getLinks({ database }: DecisionPorts, context: RequestContext): Promise<Answer> {
  const { limit: _limit, ...given } = Object.fromEntries(context.query);
  const { state, issuer, patientId, after } = parseInput(filterSchema, given);
  if ((issuer === undefined) !== (patientId === undefined))
    throw new HttpError('bad-request', '"issuer" and "patientId" go together.');
  const patient = issuer === undefined || patientId === undefined ? undefined : { issuer, patientId };
  const limit = limitOf(context);
  const links = await listPatientLinks(database, { state, patient, after }, limit);
  const next = nextOf(links, limit, ({ patientLinkId }) => patientLinkId);
  return jsonAnswer(200, { links: links.map(describeLink), next });
}

const patientSchema = z.strictObject({ issuer: z.string(), patientId: z.string() });
const decisionSchema = z.strictObject({
  one: patientSchema,
  other: patientSchema,
  state: z.enum(['candidate', 'confirmed', 'refused', 'removed']),
});

async function postLink(archive: DecisionPorts, context: RequestContext): Promise<Answer> {
  const decision = await readInput(context, decisionSchema);
  const settled = await decideLink(withClock(archive), decision, await actorOf(archive, context));
  return jsonAnswer(200, { ...decision, instances: settled });
}

/** `after`: the `next` of the page before. A page may be empty, and not the last one. */
async function getCandidates({ database }: DecisionPorts, context: RequestContext): Promise<Answer> {
  const text = context.query.get('after');
  const after = text === null ? undefined : parseCandidateCursor(text);
  if (text !== null && after === undefined)
    throw new HttpError('bad-request', '"after" must be the "next" of a page.');
  return jsonAnswer(200, await candidatesPage(database, after, limitOf(context)));
}

/** Pairs of patients that may be one person, as the admin API and the command line answer them. */
export async function candidatesPage(database: Database, after: AlikeCursor | undefined, limit: number) {
  const { pairs, next } = await listAlikePatients(database, after, limit);
  return {
    candidates: pairs.map(describePair),
    next: next === undefined ? undefined : `${next.patientKey}-${next.otherKey}`,
  };
}

/** The `next` of a page; undefined if it is none. */
export function parseCandidateCursor(text: string): AlikeCursor | undefined {
  const [, patientKey, otherKey] = /^(\d{1,16})-(\d{1,16})$/.exec(text) ?? [];
  if (patientKey === undefined) return undefined;
  return { patientKey: Number(patientKey), otherKey: Number(otherKey) };
}

function describePair({ name, birthDate, one, other }: AlikePatients) {
  return { name, birthDate, one: describeSide(one), other: describeSide(other) };
}

function describeSide({ identifiers, studyInstanceUid }: AlikePatient) {
  return { identifiers, studyInstanceUid };
}

/** A link as the admin API and the command line answer it. */
export function describeLink({ patientLinkId: id, decidedAt, ...said }: PatientLink) {
  return { id, ...said, decidedAt: decidedAt.toISOString() };
}
