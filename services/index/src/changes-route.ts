/** `GET /admin/changes?after={epoch}:{position}&limit=`: the change feed, for whoever follows the archive. */
import { type Change, type Database, formatCursor, parseCursor, readChanges } from '@sandyq/database';
import { type GuardedRoute, HttpError, jsonAnswer, type RequestContext } from '@sandyq/http';

const MAX_CHANGES = 1_000;

export function changesRoute(database: Database): GuardedRoute {
  return {
    method: 'GET',
    path: '/admin/changes',
    action: 'read-changes',
    patientData: true,
    handler: async (context) => {
      const after = cursorOf(context);
      const changes = await readChanges(database, after, limitOf(context));
      const last = changes.at(-1) ?? after;
      return jsonAnswer(200, { changes: changes.map(toJson), next: formatCursor(last) });
    },
  };
}

function cursorOf({ query }: RequestContext) {
  const text = query.get('after') ?? '0:0';
  const cursor = parseCursor(text);
  if (cursor === undefined)
    throw new HttpError('bad-request', '"after" must be a cursor of this feed, e.g. 1:4711.');
  return cursor;
}

function limitOf({ query }: RequestContext): number {
  const text = query.get('limit') ?? String(MAX_CHANGES);
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(limit >= 1)) throw new HttpError('bad-request', `"limit" must be a number from 1 to ${MAX_CHANGES}.`);
  return Math.min(limit, MAX_CHANGES);
}

function toJson(change: Change) {
  return {
    cursor: formatCursor(change),
    kind: change.kind,
    studyInstanceUid: change.studyInstanceUid,
    seriesInstanceUid: change.seriesInstanceUid,
    sopInstanceUids: change.sopInstanceUids,
    occurredAt: change.occurredAt,
  };
}
