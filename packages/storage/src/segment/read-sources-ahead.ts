// The sources of a rewrite, small ones fetched whole while others are copied: hundreds of segments of one instance each
// would otherwise wait for the store one by one.
import { Readable } from 'node:stream';
import type { ObjectStore } from '../object-store.ts';
import type { RewritePorts, RewriteRequest, RewriteSource } from './rewrite-request.ts';
import { objectBytes, readRange } from './segment-bytes.ts';

/** A source, and the store that its bytes are to be read from. */
export interface OpenSource {
  readonly source: RewriteSource;
  readonly store: ObjectStore;
}

/** A segment of which no more than this is needed is fetched with one read. */
const smallSourceBytes = 2 * 1024 * 1024;

/** So many are fetched ahead: at most 16 MiB. */
const sourcesAhead = 8;

/** The sources that have entries to copy, in their order. Errors: those of the store, when the source's turn comes. */
export async function* openAhead(
  { store }: RewritePorts,
  { sources, readFrom = store, signal }: RewriteRequest,
): AsyncGenerator<OpenSource> {
  const waiting = sources.filter(({ ordinals }) => ordinals.length > 0);
  const opening: Promise<OpenSource>[] = [];
  const open = () => {
    const source = waiting.shift();
    if (source === undefined) return;
    const opened = openSource(readFrom, source, signal);
    // It is told when its turn comes; if that never comes, another source has failed first.
    opened.catch(() => undefined);
    opening.push(opened);
  };
  while (opening.length < sourcesAhead && waiting.length > 0) open();
  for (let next = opening.shift(); next !== undefined; next = opening.shift()) {
    yield await next;
    open();
  }
}

async function openSource(
  store: ObjectStore,
  source: RewriteSource,
  signal: AbortSignal | undefined,
): Promise<OpenSource> {
  const { offset, length } = source.receipt.metadata;
  const end = offset + length;
  if (end > smallSourceBytes) return { source, store };
  const bytes = await readRange(await objectBytes(store, source.key, { size: end, signal }), {
    offset: 0,
    length: end,
  });
  return { source, store: { ...store, read: (_key, range) => Promise.resolve(readableOf(bytes, range)) } };
}

function readableOf(bytes: Buffer, { offset, length } = { offset: 0, length: bytes.length }): Readable {
  return Readable.from([bytes.subarray(offset, offset + length)]);
}
