/** The segments of a store, study by study: keys of a study are neighbours in the listing. */
import { type ObjectStat, type ObjectStore, parseSegmentKey } from '@sandyq/storage';

/** Prefix of segments of format version 1. */
const SEGMENT_PREFIX = 'v1/';

/** The segments of one study, in the order in which they were begun. */
export interface StudyObjects {
  /** `v1/{2 hex}/{32 hex}/`. */
  readonly folder: string;
  readonly objects: readonly ObjectStat[];
}

/** `after`: studies up to the one of this key are left out. What has no key of a segment is passed over. */
export async function* studiesOfStore(
  store: ObjectStore,
  { after, signal }: { readonly after: string; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<StudyObjects> {
  let folder = '';
  let objects: ObjectStat[] = [];
  const options = { ...(after !== '' && { after }), ...(signal !== undefined && { signal }) };
  for await (const object of store.list(SEGMENT_PREFIX, options)) {
    if (!isSegmentKey(object.key)) continue;
    const next = folderOf(object.key);
    if (next !== folder && objects.length > 0) {
      yield { folder, objects };
      objects = [];
    }
    folder = next;
    objects.push(object);
  }
  if (objects.length > 0) yield { folder, objects };
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

function isSegmentKey(key: string): boolean {
  try {
    parseSegmentKey(key);
    return true;
  } catch {
    // Reconcile reports what does not belong to the archive.
    return false;
  }
}
