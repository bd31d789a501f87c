import { setTimeout as sleep } from 'node:timers/promises';
import { AuditError } from '@sandyq/audit';
import { afterEach, describe, expect, it } from 'vitest';
import { jsonAnswer } from './answer.ts';
import { HttpError } from './errors.ts';
import { route, startApp } from './testing/start-app.ts';

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});
async function start(...args: Parameters<typeof startApp>) {
  const app = await startApp(...args);
  stop.push(() => app.close());
  return app;
}

const hello = () => jsonAnswer(200, { hello: 'world' });

describe('the audit', () => {
  const away = { record: () => Promise.reject(new AuditError('audit-unavailable', 'away')) };

  it('comes before the answer: 503 without it, and the stream that was opened is ended', async () => {
    let ended = false;
    async function* secret() {
      try {
        yield Buffer.from('secret');
        yield Buffer.from('secret');
      } finally {
        ended = true;
      }
    }
    const opened = secret();
    await opened.next();
    const app = await start([route(() => ({ status: 200, body: opened }))], { audit: away });
    const answer = await app.get('/studies/1');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await answer.text()).not.toContain('secret');
    expect(ended).toBe(true);
  });

  it('comes before anything is changed', async () => {
    let changed = false;
    const routes = [
      route(() => ((changed = true), hello()), { method: 'DELETE', action: 'manage-quarantine' }),
    ];
    const app = await start(routes, { audit: away });
    expect((await app.get('/studies/1', { method: 'DELETE' })).status).toBe(503);
    expect(changed).toBe(false);
  });

  it('is written while the handler reads', async () => {
    const order: string[] = [];
    const slow = {
      record: async () => {
        order.push('audit begins');
        await sleep(20);
        order.push('audit ends');
      },
    };
    const app = await start([route(() => (order.push('handler'), hello()))], { audit: slow });
    expect((await app.get('/studies/1')).status).toBe(200);
    expect(order).toEqual(['audit begins', 'handler', 'audit ends']);
  });

  it('of a route that says so is waited for by the handler, before it changes anything', async () => {
    const order: string[] = [];
    const receiving = route(
      async ({ recorded }) => {
        order.push('receives');
        await recorded;
        order.push('changes');
        return hello();
      },
      { method: 'POST', action: 'store', awaitsRecord: true },
    );
    const slow = {
      record: async () => {
        await sleep(20);
        order.push('recorded');
      },
    };
    const app = await start([receiving], { audit: slow });
    expect((await app.get('/studies/1', { method: 'POST' })).status).toBe(200);
    expect(order).toEqual(['receives', 'recorded', 'changes']);
    order.splice(0);
    const without = await start([receiving], { audit: away });
    expect((await without.get('/studies/1', { method: 'POST' })).status).toBe(503);
    expect(order).toEqual(['receives']);
  });

  it('keeps an answer back even if the handler fails first, and both fail without harm', async () => {
    const slowlyAway = {
      record: async () => {
        await sleep(10);
        throw new AuditError('audit-unavailable', 'away');
      },
    };
    const failing = () => {
      throw new HttpError('not-found', 'There is no such study.');
    };
    const app = await start([route(failing)], { audit: slowlyAway });
    expect((await app.get('/studies/1')).status).toBe(503);
  });
});
