/**
 * `/viewer`: OHIF. Its page at every address that is a place in it, its configuration, and its files below an address that changes with
 * them. Nothing here is patient data: that comes from `/dicom-web`, with the credential of whoever looks.
 */
import { readFile } from 'node:fs/promises';
import { type Answer, HttpError, type OpenContext, type OpenRoute } from '@sandyq/http';
import type { EncodedBodies } from '../pages/encoded-bodies.ts';
import { fileAnswer } from '../pages/file-answer.ts';
import { findViewer, type InstalledViewer } from './find-viewer.ts';
import { isRewritten, REWRITING, rewriteViewerFile } from './rewrite-viewer.ts';
import { missingViewerPage, type ViewerPlaces, viewerConfiguration, viewerPage } from './viewer-page.ts';
import { FILE_POLICY, PAGE_POLICY } from './viewer-policy.ts';

/** What the routes need. */
export interface ViewerOptions {
  /** Path prefix of the archive, begins and ends with a slash. */
  readonly root: string;
  readonly bodies: EncodedBodies;
  /** Finds OHIF; by default as it is installed. */
  readonly find?: () => Promise<InstalledViewer | undefined>;
}

/** The two routes: with and without something behind `/viewer`. */
export function viewerRoutes({
  root,
  bodies,
  find = () => findViewer(REWRITING),
}: ViewerOptions): OpenRoute[] {
  let found: Promise<InstalledViewer | undefined> | undefined;
  const handler = async (context: OpenContext): Promise<Answer> => {
    found ??= find();
    const viewer = await found;
    const path = context.params['path'] ?? '';
    if (viewer === undefined) return missingAnswer(path, root);
    const places = { root, files: `${root}viewer/build-${viewer.build}/` };
    return answerFor(path, context, { viewer, places, bodies });
  };
  return ['/viewer', '/viewer/*path'].map((path) => ({
    method: 'GET',
    path,
    action: 'open-pages',
    patientData: false,
    handler,
  }));
}

interface Served {
  readonly viewer: InstalledViewer;
  readonly places: ViewerPlaces;
  readonly bodies: EncodedBodies;
}

function answerFor(path: string, context: OpenContext, served: Served): Promise<Answer> {
  const { viewer, places, bodies } = served;
  const made = (name: string, text: string) =>
    fileAnswer(
      context,
      {
        name,
        version: `${viewer.build}${places.root}`,
        isImmutable: false,
        headers: PAGE_POLICY,
        read: async () => Buffer.from(text),
      },
      bodies,
    );
  if (path === 'app-config.js') return made(path, viewerConfiguration(places));
  if (isPlace(path)) return made('index.html', viewerPage(viewer.page, places));
  const name = /^build-([0-9a-f]+)\/(.+)$/.exec(path);
  if (name?.[1] !== viewer.build || name[2] === undefined) throw notThere();
  return viewerFile(name[2], context, served);
}

/** Whether an address is one that OHIF's router shows: files have a dot in their last segment, places have none. */
function isPlace(path: string): boolean {
  return !/\.[^/]*$/.test(path) && !path.startsWith('build-');
}

function viewerFile(name: string, context: OpenContext, { viewer, places, bodies }: Served): Promise<Answer> {
  const path = viewer.files.get(name);
  if (path === undefined) throw notThere();
  const read = async (): Promise<Buffer> => {
    const bytes = await readFile(path);
    return isRewritten(name) ? Buffer.from(rewriteViewerFile(name, bytes.toString(), places.files)) : bytes;
  };
  const version = `${viewer.build}${places.root}`;
  return fileAnswer(context, { name, version, isImmutable: true, headers: FILE_POLICY, read }, bodies);
}

/** The page says so where a person would see it; scripts are told 404. */
function missingAnswer(path: string, root: string): Answer {
  if (!isPlace(path)) throw notThere();
  return {
    status: 404,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body: missingViewerPage(root),
  };
}

function notThere(): HttpError {
  return new HttpError(
    'not-found',
    'The viewer has no such file. After an update of the archive: reload the page.',
  );
}
