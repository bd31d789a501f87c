import type { Answer, RequestContext } from '@sandyq/http';
import { expect, it } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

it('refuses while it is at work, and works again after a failure', async () => {
  const started = Promise.withResolvers<Answer>();
  let work = () => started.promise;
  const handler = oneAtATime(() => work());
  const ask = () => handler({} as RequestContext);
  const first = ask();
  await expect(ask()).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 30 });
  started.reject(new Error('broken'));
  await expect(first).rejects.toThrow('broken');
  work = () => Promise.resolve({ status: 200 });
  expect(await ask()).toEqual({ status: 200 });
});
