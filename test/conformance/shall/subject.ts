/** The archive that is checked: deployed with API keys, filled, and asked over HTTP. */
import { Agent } from 'node:http';
import { createFacility } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import { createKey } from '../../support/api-keys.ts';
import { deployArchive, type Topology } from '../../support/deploy-archive.ts';
import { encodeMultipart } from '../../support/multipart.ts';
import { type Answered, type AskOptions, ask } from './ask.ts';
import { type Content, describeContent, instancesToStore } from './content.ts';

export interface Subject {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly content: Content;
  /** Asks with a key that may search and retrieve, and accepts anything unless headers say otherwise; an empty Accept sends none. */
  readonly ask: (path: string, options?: AskOptions) => Promise<Answered>;
  /** Asks without a key. */
  readonly askAnonymously: (path: string, options?: AskOptions) => Promise<Answered>;
  /** Stores with a key that may store; `path` is below /dicom-web. */
  readonly store: (
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    path?: string,
  ) => Promise<Answered>;
  /** Matches of a search, none for 204; `resource` is below /dicom-web. Throws for any other status but 200. */
  readonly search: (resource: string, query?: string) => Promise<DicomJson[]>;
  readonly stop: () => Promise<void>;
}

/** Deploys and fills an archive on the file system; stop() is to be called at the end. */
export async function startSubject(topology: Topology): Promise<Subject> {
  const archive = await deployArchive({ topology, environment: { SANDYQ_AUTH: 'keys' } });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  try {
    await createFacility(archive.database, { code: 'here', name: 'Here' }, 'test');
    const reader = await createKey(archive.database, { roles: ['radiologist'] });
    const scanner = await createKey(archive.database, {
      roles: ['scanner', 'change-requester'],
      facilityCode: 'here',
    });
    const subject = subjectOf(archive.url, agent, { reader, scanner }, archive.stop);
    await fill(subject);
    return subject;
  } catch (error) {
    agent.destroy();
    await archive.stop();
    throw error;
  }
}

function subjectOf(
  url: string,
  agent: Agent,
  keys: { readonly reader: string; readonly scanner: string },
  stop: () => Promise<void>,
): Subject {
  const send = (
    key: string | undefined,
    path: string,
    { headers, ...rest }: AskOptions,
  ): Promise<Answered> => {
    const sent: Record<string, string> = { Accept: '*/*', ...headers };
    if (sent['Accept'] === '') delete sent['Accept'];
    return ask(agent, `${url}${path}`, {
      ...rest,
      headers: { ...sent, ...(key !== undefined && { Authorization: `Bearer ${key}` }) },
    });
  };
  const askAsReader: Subject['ask'] = (path, options = {}) => send(keys.reader, path, options);
  return {
    url,
    content: describeContent(),
    ask: askAsReader,
    askAnonymously: (path, options = {}) => send(undefined, path, options),
    store: (body, headers, path = '/studies') =>
      send(keys.scanner, `/dicom-web${path}`, {
        method: 'POST',
        body,
        headers: { Accept: 'application/dicom+json', 'Content-Length': String(body.length), ...headers },
      }),
    search: async (resource, query = '') => {
      const answer = await askAsReader(`/dicom-web/${resource}${query === '' ? '' : `?${query}`}`);
      if (answer.status === 204) return [];
      if (answer.status !== 200)
        throw new Error(`${answer.status} for ${resource}?${query}: ${answer.text()}`);
      return answer.json() as DicomJson[];
    },
    stop: async () => {
      agent.destroy();
      await stop();
    },
  };
}

async function fill({ content, store }: Subject): Promise<void> {
  const { contentType, body } = encodeMultipart(instancesToStore(content));
  const answer = await store(body, { 'Content-Type': contentType });
  if (answer.status !== 200)
    throw new Error(`filling the archive answered ${answer.status}: ${answer.text()}`);
}
