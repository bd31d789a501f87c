import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { type Answer, HttpError, type OpenContext } from '@sandyq/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EncodedBodies } from '../pages/encoded-bodies.ts';
import type { InstalledViewer } from './find-viewer.ts';
import { viewerRoutes } from './viewer-routes.ts';

const PAGE = '<script defer src="/app.bundle.0.js"></script><link href="/app.bundle.css" rel="stylesheet">';

/** Pages and files are answered whole. */
function textOf({ body = '' }: Answer): string {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? Buffer.from(body).toString() : 'a stream';
}

describe('/viewer', () => {
  let folder: string;
  let viewer: InstalledViewer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandyq-viewer-'));
    const contents = {
      'app.bundle.0.js': '__webpack_require__.p = "/";',
      'app.bundle.css': 'a{src:url(/f.woff2)}',
      'codec.wasm': '\0asm',
      'assets/favicon.ico': 'icon',
    };
    const files = new Map<string, string>();
    for (const [name, text] of Object.entries(contents)) {
      const path = join(folder, name.replace('/', '-'));
      await writeFile(path, text);
      files.set(name, path);
    }
    viewer = { version: '1.0.0', build: '0123456789abcdef', page: PAGE, files };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function ask(path: string, headers: Record<string, string> = {}, root = '/') {
    const find = () => Promise.resolve(path === 'absent' ? undefined : viewer);
    const [, route] = viewerRoutes({ root, bodies: new EncodedBodies(), find });
    const answer = await route?.handler({ params: { path }, headers } as unknown as OpenContext);
    if (answer === undefined) throw new Error('there is no such route');
    return { ...answer, headers: answer.headers ?? {}, text: textOf(answer) };
  }

  it.each(['', 'viewer', 'viewer/dicomweb', 'segmentation'])(
    'answers the place %j with the page, and no inline script',
    async (path) => {
      const { status, headers, text } = await ask(path);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'no-cache',
        'Cross-Origin-Embedder-Policy': 'require-corp',
        'Cross-Origin-Opener-Policy': 'same-origin',
      });
      expect(headers['Content-Security-Policy']).toContain("script-src 'self' 'wasm-unsafe-eval';");
      expect(text).toContain('src="/viewer/build-0123456789abcdef/app.bundle.0.js"');
      expect(text).not.toMatch(/<script>|https?:/);
    },
  );

  it.each([
    [
      'app.bundle.0.js',
      'text/javascript; charset=utf-8',
      '__webpack_require__.p = "/viewer/build-0123456789abcdef/";',
    ],
    ['app.bundle.css', 'text/css; charset=utf-8', 'a{src:url(/viewer/build-0123456789abcdef/f.woff2)}'],
    ['codec.wasm', 'application/wasm', '\0asm'],
    ['assets/favicon.ico', 'image/x-icon', 'icon'],
  ])('serves %s for good', async (name, type, body) => {
    const { status, headers, text } = await ask(`build-0123456789abcdef/${name}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'Content-Type': type,
      'Cache-Control': 'public, max-age=31536000, immutable',
    });
    expect(text).toBe(body);
  });

  it('answers 304 to whoever has the file, in the coding that they have', async () => {
    const path = 'build-0123456789abcdef/app.bundle.0.js';
    const { headers } = await ask(path, { 'accept-encoding': 'br' });
    expect(headers).toMatchObject({ 'Content-Encoding': 'br', Vary: 'Accept-Encoding' });
    const tag = String(headers['ETag']);
    const again = await ask(path, { 'accept-encoding': 'br', 'if-none-match': tag });
    expect(again).toMatchObject({ status: 304, text: '' });
    expect((await ask(path, { 'accept-encoding': 'gzip', 'if-none-match': tag })).status).toBe(200);
  });

  it.each([
    'build-0123456789abcdef/../../../package.json',
    'build-0123456789abcdef/..%2f..%2fpackage.json',
    'build-0123456789abcdef//etc/passwd',
    'build-0123456789abcdef/',
    'build-0123456789abcdef',
    'build-ffffffffffffffff/app.bundle.0.js',
    'app.bundle.0.js',
    'index.html',
    '../package.json',
    '__proto__.js',
  ])('has nothing at %s', async (path) => {
    await expect(ask(path)).rejects.toThrow(HttpError);
  });

  it('moves with the path of the public address', async () => {
    const { text } = await ask('', {}, '/archive/');
    expect(text).toContain('src="/archive/viewer/app-config.js"');
    expect(text).toContain('src="/archive/viewer/build-0123456789abcdef/app.bundle.0.js"');
    const configured = await run('/archive/');
    expect(configured).toMatchObject({
      routerBasename: '/archive/viewer',
      dataSources: [{ configuration: { qidoRoot: 'https://host/archive/dicom-web' } }],
    });
  });

  it('is configured for this archive alone', async () => {
    const configured = await run('/');
    expect(configured).toMatchObject({
      routerBasename: '/viewer',
      defaultDataSourceName: 'sandyq',
      dataSources: [
        {
          sourceName: 'sandyq',
          configuration: {
            qidoRoot: 'https://host/dicom-web',
            wadoRoot: 'https://host/dicom-web',
            wadoUriRoot: 'https://host/wado',
            supportsWildcard: true,
          },
        },
      ],
    });
    expect(JSON.stringify(configured)).not.toMatch(/http:|cloudfront|ohif\.org/);
  });

  async function run(root: string): Promise<unknown> {
    const { headers, text } = await ask('app-config.js', {}, root);
    expect(headers['Content-Type']).toBe('text/javascript; charset=utf-8');
    const window: Record<string, unknown> = { location: { origin: 'https://host' } };
    // `import()` needs a module loader, which is not there: the function is made, never called.
    runInContext(text, createContext({ window, URL, console }));
    return window['config'];
  }

  it('says so where it is not installed; scripts are told 404', async () => {
    const find = () => Promise.resolve(undefined);
    const [route] = viewerRoutes({ root: '/', bodies: new EncodedBodies(), find });
    const answer = await route?.handler({ params: {}, headers: {} } as unknown as OpenContext);
    expect(answer).toMatchObject({ status: 404, headers: { 'Content-Type': 'text/html; charset=utf-8' } });
    expect(answer && textOf(answer)).toContain('The viewer is not installed');
    await expect(
      (async () =>
        route?.handler({ params: { path: 'app-config.js' }, headers: {} } as unknown as OpenContext))(),
    ).rejects.toThrow(HttpError);
  });
});
