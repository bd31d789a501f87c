/** Files grouped into requests, such that each verdict of an answer belongs to exactly one file of the request. */
import { sopInstanceUidOf } from './identify-file.ts';
import type { FoundFile } from './walk-folder.ts';

/** A file on its way. */
export interface ImportFile extends FoundFile {
  /** Undefined: it is sent alone. */
  readonly sopInstanceUid: string | undefined;
}

/** Bounds of a request. A file that is larger than `bytes` is sent alone. */
export interface BatchLimits {
  readonly files: number;
  readonly bytes: number;
}

/** `onUnreadable`: the file vanished or may not be read; it is left out. */
export async function* batchFiles(
  files: AsyncIterable<FoundFile>,
  limits: BatchLimits,
  onUnreadable: (file: FoundFile, error: unknown) => void,
): AsyncGenerator<readonly ImportFile[]> {
  let batch: ImportFile[] = [];
  let bytes = 0;
  for await (const found of files) {
    const file = await identified(found, onUnreadable);
    if (file === undefined) continue;
    if (file.sopInstanceUid === undefined) {
      yield [file];
      continue;
    }
    const isFull = batch.length >= limits.files || bytes + file.sizeBytes > limits.bytes;
    if (batch.length > 0 && (isFull || holds(batch, file))) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.sizeBytes;
  }
  if (batch.length > 0) yield batch;
}

function holds(batch: readonly ImportFile[], { sopInstanceUid }: ImportFile): boolean {
  return batch.some((file) => file.sopInstanceUid === sopInstanceUid);
}

async function identified(
  file: FoundFile,
  onUnreadable: (file: FoundFile, error: unknown) => void,
): Promise<ImportFile | undefined> {
  try {
    return { ...file, sopInstanceUid: await sopInstanceUidOf(file.path) };
  } catch (error) {
    onUnreadable(file, error);
    return undefined;
  }
}
