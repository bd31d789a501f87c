/** One object of the journal, read and checked. */
import { hash } from 'node:crypto';
import {
  type JournalBatch,
  type JournalLink,
  type JournalPosition,
  journalKey,
  maximumPutBytes,
  type ObjectStore,
  parseJournalBatch,
  parseJournalKey,
  StorageError,
} from '@sandyq/storage';

/** What is wrong with the journal, and at which object. */
export interface JournalFault {
  readonly key: string;
  readonly fault: string;
}

/** A batch with the digest of its object. */
export interface ReadBatch {
  readonly batch: JournalBatch;
  readonly link: JournalLink;
}

/** Reads and parses the batch under this key. Errors: `damaged`, `unsupported-format`, `not-found`, and others of the store. */
export async function readBatch(store: ObjectStore, key: string, signal?: AbortSignal): Promise<ReadBatch> {
  const bytes = await readJournalObject(store, key, signal);
  const batch = parseJournalBatch(bytes);
  const { epoch, position } = batchPlaceOf(key);
  if (batch.epoch !== epoch || batch.position !== position) {
    throw new StorageError('damaged', `${key} holds the batch ${journalKey(batch)}`);
  }
  return { batch, link: { epoch, position, sha256: sha256Of(bytes).toString('hex') } };
}

/** All bytes of the object, which is no longer than one put. */
export async function readJournalObject(
  store: ObjectStore,
  key: string,
  signal?: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of await store.read(key, undefined, signal)) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > maximumPutBytes) throw new StorageError('damaged', `${key} is too long for a journal batch`);
  }
  return Buffer.concat(chunks);
}

export function sha256Of(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** What the chain says of a batch that comes after `last`; undefined: it continues it. */
export function chainFault(last: LastBatch | undefined, batch: JournalBatch): string | undefined {
  const wanted = placeAfter(last);
  if (batch.epoch !== wanted.epoch || batch.position !== wanted.position) {
    return `${journalKey(wanted)} is missing`;
  }
  const { previous } = batch;
  const isContinued =
    previous?.sha256 === last?.link.sha256 &&
    previous?.epoch === last?.link.epoch &&
    previous?.position === last?.link.position;
  if (isContinued) return undefined;
  return last === undefined
    ? 'it names a batch before it, and is the first'
    : `it does not continue ${journalKey(last.link)} as that is`;
}

/** A batch as the next one continues it. */
export interface LastBatch {
  readonly link: JournalLink;
  readonly endsEpoch: boolean;
}

function placeAfter(last: LastBatch | undefined): JournalPosition {
  if (last === undefined) return { epoch: 1, position: 1 };
  const { epoch, position } = last.link;
  return last.endsEpoch ? { epoch: epoch + 1, position: 1 } : { epoch, position: position + 1 };
}

function batchPlaceOf(key: string): JournalPosition {
  try {
    return parseJournalKey(key);
  } catch (error) {
    throw new StorageError('damaged', `${key} is no key of a journal batch`, { cause: error });
  }
}
