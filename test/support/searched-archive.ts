/** An archive that holds the studies of searched-studies.ts, and searches in it. */
import type { DicomJson } from '@sandyq/dicom';
import { get, storeMany, textOf } from './dicomweb.ts';
import { searchedInstances } from './searched-studies.ts';
import { startArchive } from './start-archive.ts';

/** The archive; `resource` is what follows /dicom-web/, e.g. `studies/2.25.5.1/series`. */
export interface SearchedArchive {
  readonly url: string;
  /** Matches; none for 204. Throws for any other status but 200. */
  readonly search: (resource: string, query?: string) => Promise<DicomJson[]>;
  /** UIDs of the matches at the level of the resource, without the root of searchedIds: '1', '1.2', '1.1.3'. */
  readonly found: (resource: string, query: string) => Promise<string[]>;
  readonly stop: () => Promise<void>;
}

/** Starts it; stop() is to be called at the end of the test. */
export async function startSearchedArchive(): Promise<SearchedArchive> {
  const archive = await startArchive();
  for (const instance of searchedInstances()) {
    const { status } = await storeMany(archive.url, [instance]);
    if (status !== 200) throw new Error(`storing answered ${status}`);
  }
  const search = async (resource: string, query = ''): Promise<DicomJson[]> => {
    const { status, body } = await get(`${archive.url}/dicom-web/${resource}?${query}`);
    const text = body.toString('utf8');
    if (status === 204) return [];
    if (status !== 200) throw new Error(`${status} for ${resource}?${query}: ${text}`);
    return JSON.parse(text) as DicomJson[];
  };
  return {
    url: archive.url,
    search,
    found: async (resource, query) =>
      (await search(resource, query)).map((match) => shortUid(resource, match)),
    stop: () => archive.stop(),
  };
}

const uidOfLevel: Readonly<Record<string, string>> = {
  studies: '0020000D',
  series: '0020000E',
  instances: '00080018',
};

function shortUid(resource: string, match: DicomJson): string {
  const tag = uidOfLevel[resource.split('/').at(-1) ?? ''] ?? '';
  return (textOf(match[tag]) ?? '').replace('2.25.5.', '');
}
