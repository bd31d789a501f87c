/** The floor of answers that are made once and given often: the same bytes, put there before. */
import type { ComparedCase, Floor, Target, Turn } from '../bench-case.ts';
import type { Outgoing } from '../driver/connection.ts';
import { ask, drive, expectStatus, type Job } from '../driver/drive.ts';

/** What is asked, and how often. */
export interface StaticFloor {
  readonly name: string;
  /** `static`: node:http; `express`: a route of Express that answers them. */
  readonly route?: 'static' | 'express';
  readonly connections?: number;
  /** The request to our archive whose answer it is. */
  own(turn: Turn, target: Target): Outgoing;
}

/** Puts our archive's own answer into the floor and asks for it there. */
export function staticCase(options: StaticFloor): NonNullable<ComparedCase['floor']> {
  const { name, route = 'static', connections = 1 } = options;
  let puts = 0;
  return async (floor: Floor, turn: Turn, own: Target) => {
    const { body } = await ask(options.own(turn, own));
    // The floor never forgets what it was given under a name.
    puts += 1;
    const place = `${name}-${puts}`;
    const put: Outgoing = { method: 'PUT', url: `${floor.url}/static/${place}`, body: [body] };
    expectStatus(await ask(put), put, 204);
    const request: Outgoing = { method: 'GET', url: `${floor.url}/${route}/${place}` };
    const job: Job = {
      request,
      verify: (got) => {
        expectStatus(got, request);
        if (!got.body.equals(body)) throw new Error('the floor answered other bytes');
      },
    };
    return drive(
      connections,
      Array.from({ length: connections }, () => job),
      { atLeast: turn.scale.seconds },
    );
  };
}
