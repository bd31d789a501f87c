/** Sends the corpus to an archive as scanners would: several at once, and in the manifest's order where the order matters. */
import { type CorpusFile, readCorpusFile } from './corpus.ts';
import { type StoreVerdict, storeOne } from './dicomweb.ts';

/** Clients that send at the same time. */
const CLIENTS = 4;

/** The verdict on each file, by path. */
export type ImportedCorpus = ReadonlyMap<string, StoreVerdict & { readonly status: number }>;

/** Sends each file in a request of its own. Files of one study go one after another. */
export async function importCorpus(
  url: string,
  files: readonly CorpusFile[],
  options: { readonly single: boolean },
): Promise<ImportedCorpus> {
  const verdicts = new Map<string, StoreVerdict & { readonly status: number }>();
  const studies = Map.groupBy(files, ({ StudyInstanceUID, path }) => StudyInstanceUID ?? path);
  const waiting = [...studies.values()];
  const client = async (): Promise<void> => {
    for (let study = waiting.shift(); study !== undefined; study = waiting.shift()) {
      for (const { path } of study) verdicts.set(path, await storeOne(url, readCorpusFile(path), options));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return verdicts;
}
