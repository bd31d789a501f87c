/** What routes of `/admin/retention` have in common: their permission, their refusals, who acts. */
import type { Actor } from '@sandyq/disposition';
import { type Answer, type GuardedRoute, HttpError, type Method, type RequestContext } from '@sandyq/http';
import { type Archive, OperatorError, operatorOf } from '@sandyq/service';
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
  try {
    const { id } = await operatorOf(database, headers.authorization);
    return { principalId: id, isOperator: true };
  } catch (error) {
    if (error instanceof OperatorError) throw new HttpError('forbidden', error.message, { cause: error });
    throw error;
  }
}
