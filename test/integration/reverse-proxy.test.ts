import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNginx, startNginxProxy } from '../support/nginx-proxy.ts';
import { type ReverseProxy, serviceFor } from '../support/reverse-proxy.ts';

const nginx = await findNginx();
const mayBeMissing = process.env['CI'] !== 'true';

describe.skipIf(nginx === undefined && mayBeMissing)(
  'the reverse proxy of docker-compose.yml (needs nginx)',
  () => {
    const servers: Server[] = [];
    let proxy: ReverseProxy;

    beforeAll(async () => {
      if (nginx === undefined) throw new Error('nginx is not installed: apt-get install nginx-light');
      proxy = await startNginxProxy(nginx, {
        ingest: [await echoServer('ingest'), await echoServer('ingest')],
        index: [await echoServer('index')],
        retrieval: [await echoServer('retrieval')],
      });
    });
    afterAll(async () => {
      await proxy?.stop();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    });

    /** Answers its name, the request line it got, and the digest of the body; returns its address. */
    async function echoServer(name: string): Promise<string> {
      const server = createServer((request, response) => {
        const hash = createHash('sha256');
        request.on('data', (chunk: Buffer) => hash.update(chunk));
        request.on('end', () => {
          response.setHeader('x-service', name);
          response.setHeader('x-request-line', `${request.method} ${request.url}`);
          response.setHeader(
            'x-forwarded',
            [request.headers['x-forwarded-for'] ?? '', request.headers.host ?? ''].join(' '),
          );
          response.end(hash.digest('hex'));
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      servers.push(server);
      const address = server.address();
      return address !== null && typeof address === 'object' ? `http://127.0.0.1:${address.port}` : '';
    }

    it.each([
      ['POST', '/dicom-web/studies', 'ingest'],
      ['POST', '/dicom-web/studies/1.2.3', 'ingest'],
      ['GET', '/dicom-web/studies', 'index'],
      ['HEAD', '/dicom-web/studies?PatientName=%D0%98*', 'index'],
      ['GET', '/dicom-web/series', 'index'],
      ['GET', '/dicom-web/instances?limit=1', 'index'],
      ['GET', '/dicom-web/studies/1.2.3/series', 'index'],
      ['GET', '/dicom-web/studies/1.2.3/instances?offset=2', 'index'],
      ['GET', '/dicom-web/studies/1.2.3/series/4/instances', 'index'],
      ['GET', '/dicom-web/studies/1.2.3', 'retrieval'],
      ['GET', '/dicom-web/studies/1.2.3/metadata', 'retrieval'],
      ['GET', '/dicom-web/studies/1.2.3/series/4', 'retrieval'],
      ['GET', '/dicom-web/studies/1.2.3/series/4/metadata', 'retrieval'],
      ['GET', '/dicom-web/studies/1.2.3/series/4/instances/5', 'retrieval'],
      ['HEAD', '/dicom-web/studies/1.2.3/series/4/instances/5/frames/1,2', 'retrieval'],
      ['GET', '/dicom-web/studies/1.2.3/series/4/instances/5/bulkdata/00880200/1/7FE00010', 'retrieval'],
      ['GET', '/dicom-web/studies/1.2.3/bulkdata', 'retrieval'],
      ['GET', '/dicom-web/studies/1.2.3/series/4/pixeldata', 'retrieval'],
      ['DELETE', '/dicom-web/studies/1.2.3', 'retrieval'],
      ['POST', '/dicom-web/commitment-requests/2.25.1', 'retrieval'],
      ['GET', '/dicom-web/commitment-requests/2.25.1', 'retrieval'],
      ['OPTIONS', '/dicom-web', 'index'],
      ['OPTIONS', '/', 'index'],
      ['GET', '/originals/1.2.3/4/5', 'retrieval'],
      ['GET', '/wado?requestType=WADO', 'retrieval'],
      ['GET', '/', 'index'],
      ['GET', '/pages/studies.js', 'index'],
      ['GET', '/viewer/viewer?StudyInstanceUIDs=1.2.3', 'index'],
      ['GET', '/viewer/build-0/assets/images/CT-Bone.png', 'index'],
      ['GET', '/admin/devices', 'index'],
      ['POST', '/admin/facilities', 'index'],
      ['GET', '/healthz', 'index'],
      ['GET', '/readyz', 'index'],
    ])('%s %s → %s', async (method, target, service) => {
      const response = await fetch(`${proxy.url}${target}`, { method });
      expect(response.headers.get('x-service')).toBe(service);
      expect(response.headers.get('x-request-line')).toBe(`${method} ${target}`);
      // The proxy that other tests put in front of a split archive routes alike.
      expect(serviceFor(method, new URL(target, proxy.url).pathname)).toBe(service);
    });

    it('streams a body of any size and names the client and the host', async () => {
      const body = randomBytes(64 * 1024 * 1024);
      const response = await fetch(`${proxy.url}/dicom-web/studies`, { method: 'POST', body });
      expect(await response.text()).toBe(createHash('sha256').update(body).digest('hex'));
      expect(response.headers.get('x-forwarded')).toBe(`127.0.0.1 ${new URL(proxy.url).host}`);
    });
  },
);
