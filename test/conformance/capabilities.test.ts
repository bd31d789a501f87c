/** Retrieve Capabilities (PS3.18 §8.9, Annex H): what it describes is what there is, on one process and on split services alike. */
import { RESOURCES, routeOfResource } from '@sandyq/dicomweb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get } from '../support/dicomweb.ts';
import { serviceFor } from '../support/reverse-proxy.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

let archive: TestArchive;
let root: string;

beforeAll(async () => {
  archive = await startArchive();
  root = `${archive.url}/dicom-web`;
});
afterAll(() => archive?.stop());

const ask = (url: string, headers: Record<string, string> = {}) => fetch(url, { method: 'OPTIONS', headers });

/** Elements of a WADL document by name, with their attributes. */
function elementsOf(wadl: string, name: string): Map<string, string>[] {
  return [...wadl.matchAll(new RegExp(`<${name}((?: [\\w:]+="[^"]*")*)/?>`, 'g'))].map(
    ([, attributes = '']) =>
      new Map(
        [...attributes.matchAll(/ ([\w:]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
      ),
  );
}

interface JsonResource {
  readonly path: string;
  readonly method?: readonly { readonly name: string; readonly id: string }[];
  readonly resource?: readonly JsonResource[];
}

/** `GET /studies/{study}` and so on, of a tree. */
function methodsOf(resources: readonly JsonResource[], above = ''): string[] {
  return resources.flatMap(({ path, method = [], resource = [] }) => [
    ...method.map(({ name }) => `${name} ${above}/${path}`),
    ...methodsOf(resource, `${above}/${path}`),
  ]);
}

describe('OPTIONS on the root of the service', () => {
  it('is a WADL document with one application, one resources and its base URL (Annex H)', async () => {
    for (const url of [root, `${root}/`, `${archive.url}/`]) {
      const answer = await ask(url);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/vnd.sun.wadl+xml');
      expect(answer.headers.get('allow')).toContain('OPTIONS');
      const wadl = await answer.text();
      expect(elementsOf(wadl, 'application')).toHaveLength(1);
      expect(elementsOf(wadl, 'resources').map((one) => one.get('base'))).toEqual([root]);
      // Character sets are documented (§8.8).
      expect(wadl).toContain('<param name="Accept-Charset" style="header" default="utf-8">');
      const ids = elementsOf(wadl, 'method').map((one) => one.get('id'));
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(['RetrieveStudy', 'SearchForStudies', 'StoreInstances']));
    }
  });

  it('is JSON for who asks for it, with the same resources; 406 for who takes neither', async () => {
    const answer = await ask(root, { Accept: 'application/json' });
    expect(answer.headers.get('content-type')).toBe('application/json');
    const { application } = (await answer.json()) as {
      application: { resources: { base: string; resource: JsonResource[] } };
    };
    expect(application.resources.base).toBe(root);
    const described = methodsOf(application.resources.resource);
    const table = RESOURCES.flatMap(({ path, methods }) => methods.map(({ method }) => `${method} ${path}`));
    expect(described.toSorted()).toEqual(table.map((one) => one.replace('{+', '{')).toSorted());
    const wadl = await (await ask(root)).text();
    expect(elementsOf(wadl, 'method')).toHaveLength(described.length);
    expect((await ask(root, { Accept: 'image/png' })).status).toBe(406);
  });

  it('is what GET gives to people, compressed, without a credential', async () => {
    const { status, headers, body } = await get(root, {
      Accept: 'text/html,application/xml;q=0.9,*/*;q=0.8',
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/xml');
    expect(headers.get('content-encoding')).toBe('gzip');
    expect(headers.get('vary')).toBe('Accept, Accept-Encoding');
    expect(body.toString()).toContain('RetrieveStudy');
  });
});

describe('the table of resources', () => {
  it('is what the services mount, neither more nor less', () => {
    const mounted = archive.routes.filter(({ path }) => path.startsWith('/dicom-web/'));
    const described = RESOURCES.flatMap((resource) =>
      resource.methods.map(({ method }) => `${method} ${routeOfResource(resource)}`),
    );
    expect(described.toSorted()).toEqual(mounted.map(({ method, path }) => `${method} ${path}`).toSorted());
  });

  it('gives Allow on each service what the others have (§8.5: 405)', async () => {
    for (const path of ['studies', 'studies/1.2.3']) {
      for (const method of ['DELETE', 'PUT', 'PATCH']) {
        const answer = await fetch(`${root}/${path}`, { method });
        expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST, HEAD, OPTIONS']);
      }
    }
    // Whoever the proxy asks has the GET route at least: what it does not mount itself comes from the table.
    expect(serviceFor('DELETE', '/dicom-web/studies/1.2.3')).toBe('retrieval');
  });
});
