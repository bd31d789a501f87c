import { createTestDatabase } from '@sandyq/database/testing';
import { HttpError, isOpenRoute, type OpenContext, type RequestContext } from '@sandyq/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPage } from '../start-page.ts';
import { EncodedBodies } from './encoded-bodies.ts';
import { pageRoutes } from './page-routes.ts';
import { pathPrefixOf } from './path-prefix.ts';

type Database = Parameters<typeof pageRoutes>[0]['database'];

describe('the files of the pages', () => {
  const routes = pageRoutes({ database: undefined as unknown as Database, bodies: new EncodedBodies() });

  async function ask(prefix: string, file: string) {
    const route = routes.find(({ path }) => path === `${prefix}/:file`);
    if (route === undefined || !isOpenRoute(route)) {
      throw new Error('there is no such route');
    }
    return route.handler({ params: { file }, headers: {} } as unknown as OpenContext);
  }

  it.each([
    ['/pages', 'studies.js', 'text/javascript; charset=utf-8'],
    ['/pages', 'study-row.js', 'text/javascript; charset=utf-8'],
    ['/pages', 'style.css', 'text/css; charset=utf-8'],
    ['/pages', 'icon.svg', 'image/svg+xml'],
    ['/docs', 'viewers.md', 'text/plain; charset=utf-8'],
  ])('%s has %s', async (prefix, file, type) => {
    const answer = await ask(prefix, file);
    expect(answer).toMatchObject({ status: 200, headers: { 'Content-Type': type } });
  });

  it.each([
    ['/pages', 'page-routes.ts'],
    ['/pages', '../page-routes.ts'],
    ['/docs', 'decisions'],
    ['/docs', '../README.md'],
    ['/docs', '..%2fpackage.json'],
  ])('%s does not have %s', async (prefix, file) => {
    await expect(ask(prefix, file)).rejects.toThrow(HttpError);
  });
});

describe('/', () => {
  it.each([
    [undefined, '/'],
    ['https://host', '/'],
    ['https://host/archive', '/archive/'],
    ['https://host/a/b/', '/a/b/'],
  ])('for the public address %s links begin with %s', async (publicUrl, root) => {
    const route = startPage(pathPrefixOf(publicUrl));
    const answer = await route.handler({ baseUrl: publicUrl ?? 'http://host"' } as OpenContext);
    const text = typeof answer.body === 'string' ? answer.body : '';
    const links = [...text.matchAll(/(?:href|src)="([^"#][^"]*)"/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(8);
    expect(links.filter((link) => !link.startsWith(root))).toEqual([]);
    expect(text).not.toContain('http://host"');
    expect(text).not.toMatch(/<script>|<style|style=|onclick/);
    expect(answer.headers?.['Content-Security-Policy']).not.toContain('unsafe');
  });
});

describe('/pages/size', () => {
  let test: Awaited<ReturnType<typeof createTestDatabase>>;
  beforeAll(async () => {
    test = await createTestDatabase();
  });
  afterAll(() => test?.drop());

  it.each([undefined, '1'])('counts, also for who is confined to facility %s', async (confinedTo) => {
    const route = pageRoutes({ database: test.database, bodies: new EncodedBodies() })[0];
    const answer = await route?.handler({ decision: { confinedTo } } as unknown as RequestContext);
    expect(answer).toMatchObject({
      status: 200,
      body: JSON.stringify({ studies: 0, instances: 0, precision: 'exact' }),
    });
  });
});
