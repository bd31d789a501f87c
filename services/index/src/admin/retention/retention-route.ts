/** What routes of `/admin/retention` have in common: their permission, their refusals, who acts, and with what. */
import type { Actor } from '@sandyq/disposition';
import { type Answer, type GuardedRoute, type Method, type RequestContext, readJson } from '@sandyq/http';
import { type Archive, operatorOf } from '@sandyq/service';
import type { z } from 'zod';
import { parseInput } from '../new-principals.ts';
import { adminRoute } from '../refusal.ts';

/** A route below `/admin/retention`, e.g. `GET` `/schedules`. Retention is of the whole country: nobody confined is let in. */
export function retentionRoute(
  method: Method,
  path: string,
  handler: (context: RequestContext) => Promise<Answer>,
): GuardedRoute {
  return adminRoute({
    method,
    path: `/admin/retention${path}`,
    action: 'manage-retention',
    patientData: true,
    handler,
  });
}

/** Who acts. In single-user mode an operator may name themselves by their API key, as with SANDYQ_AUTH=keys. */
export async function actorOf(
  { database }: Pick<Archive, 'database'>,
  { principal, headers }: RequestContext,
): Promise<Actor> {
  if (principal.kind !== 'single-user') return { principalId: principal.id, isOperator: true };
  if (headers.authorization === undefined) return { principalId: principal.id, isOperator: false };
  const { id } = await operatorOf(database, headers.authorization);
  return { principalId: id, isOperator: true };
}

/** The body, as the schema wants it. Throws InvalidInputError with every fault. */
export async function readInput<Schema extends z.ZodType>(
  context: RequestContext,
  schema: Schema,
  maxBytes?: number,
): Promise<z.output<Schema>> {
  return parseInput(schema, await readJson(context, maxBytes));
}

/** What decisions are made with: they go to the journal of the store. */
export type DecisionPorts = Pick<Archive, 'database' | 'store' | 'maintenance' | 'logger' | 'newId'>;

/** With the clock that decisions are dated by. */
export function withClock<Ports extends object>(ports: Ports): Ports & { readonly now: () => Date } {
  return { ...ports, now: () => new Date() };
}
