/** What `/` is made of: its script, style and icon below `/pages`, the documentation below `/docs`, and how much the archive holds. */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, readArchiveSize } from '@sandyq/database';
import { type GuardedRoute, HttpError, jsonAnswer, type OpenRoute, type Route } from '@sandyq/http';
import type { EncodedBodies } from './encoded-bodies.ts';
import { fileAnswer } from './file-answer.ts';

const ASSETS = join(import.meta.dirname, 'assets');
const DOCUMENTS = join(import.meta.dirname, '..', '..', '..', '..', 'docs');

/** What the routes need. */
export interface PageOptions {
  readonly database: Database;
  readonly bodies: EncodedBodies;
}

/** The three routes. The one with numbers stands first: its path is one of the files' pattern too. */
export function pageRoutes({ database, bodies }: PageOptions): Route[] {
  return [
    sizeRoute(database),
    folderRoute('/pages', { folder: ASSETS, form: /^[a-z-]+\.(js|css|svg)$/, bodies }),
    folderRoute('/docs', { folder: DOCUMENTS, form: /^[a-z-]+\.md$/, bodies }),
  ];
}

/** How many studies and instances there are: no patient data, but nothing for everyone either. */
function sizeRoute(database: Database): GuardedRoute {
  return {
    method: 'GET',
    path: '/pages/size',
    action: 'search',
    patientData: false,
    keepsToFacility: true,
    handler: async ({ decision: { confinedTo } }) =>
      jsonAnswer(
        200,
        await readArchiveSize(database, confinedTo === undefined ? undefined : Number(confinedTo)),
      ),
  };
}

interface Folder {
  readonly folder: string;
  /** Names that are served, of the files of the folder itself. */
  readonly form: RegExp;
  readonly bodies: EncodedBodies;
}

/** Names are looked up in what the folder was seen to hold, never joined to a path. */
function folderRoute(prefix: string, { folder, form, bodies }: Folder): OpenRoute {
  let seen: Promise<ReadonlyMap<string, Buffer>> | undefined;
  return {
    method: 'GET',
    path: `${prefix}/:file`,
    action: 'open-pages',
    patientData: false,
    handler: async (context) => {
      seen ??= readFiles(folder, form);
      const name = context.params['file'] ?? '';
      const bytes = (await seen).get(name);
      if (bytes === undefined) throw new HttpError('not-found', 'There is no such file.');
      const version = hash('sha256', bytes, 'hex').slice(0, 16);
      const read = () => Promise.resolve(bytes);
      return fileAnswer(
        context,
        { name: `${prefix}/${name}`, version, isImmutable: false, headers: {}, read },
        bodies,
      );
    },
  };
}

async function readFiles(folder: string, form: RegExp): Promise<ReadonlyMap<string, Buffer>> {
  const names = (await readdir(folder)).filter((name) => form.test(name));
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
}
