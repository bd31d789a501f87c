/** Requests as administrators see them, and the answer to one that was just made. */
import type { BackgroundRequest } from '@sandyq/database';
import { type Answer, jsonAnswer } from '@sandyq/http';
import type { Archive } from '@sandyq/service';
import { pathPrefixOf } from '../pages/path-prefix.ts';

/** `waiting`: no process has it yet, or the next one is to take it. */
export type RequestState = 'waiting' | 'running' | 'done' | 'failed' | 'stopped';

/** How it stands. */
export function stateOf({ outcome, startedAt }: BackgroundRequest): RequestState {
  return outcome ?? (startedAt === undefined ? 'waiting' : 'running');
}

/** 202 (RFC 9110 §15.3.3): where to look what becomes of it. `path`: of the request, without the prefix of the archive. */
export function acceptedAnswer({ settings }: Pick<Archive, 'settings'>, path: string, body: object): Answer {
  const location = `${pathPrefixOf(settings.publicUrl).slice(0, -1)}${path}`;
  return jsonAnswer(202, body, { Location: location, 'Retry-After': '1' });
}
