/** The stores of the archive that may lock their objects: each of its kind, whether its bucket was made for it or not. */
import type { LockPlace } from '@sandyq/database';
import type { Settings } from '@sandyq/http';
import { hasObjectLocks, type ObjectLocks } from '@sandyq/storage';
import type { ColdTier } from './open-cold-tier.ts';

/** A store that may lock its objects. */
export interface PlaceWithLocks {
  readonly place: LockPlace;
  /** Where it is, without credentials. */
  readonly target: string;
  readonly locks: ObjectLocks;
}

interface Stores {
  /** As it was opened. */
  readonly store: object;
  readonly coldTier: ColdTier | undefined;
  readonly replica: { readonly locks: ObjectLocks | undefined } | undefined;
}

/** The store, the cold tier and the replica, as far as they are such. */
export function placesWithLocks(
  { objectStore, replica: replicaSettings }: Pick<Settings, 'objectStore' | 'replica'>,
  { store, coldTier, replica }: Stores,
): PlaceWithLocks[] {
  const places: PlaceWithLocks[] = [];
  if (objectStore.kind === 's3' && hasObjectLocks(store))
    places.push({ place: 'store', target: targetOf(objectStore), locks: store });
  if (coldTier?.locks !== undefined)
    places.push({ place: 'cold', target: coldTier.target, locks: coldTier.locks });
  if (replicaSettings !== undefined && replica?.locks !== undefined)
    places.push({ place: 'replica', target: targetOf(replicaSettings), locks: replica.locks });
  return places;
}

function targetOf({
  endpoint,
  bucket,
  prefix = '',
}: {
  readonly endpoint: string;
  readonly bucket: string;
  readonly prefix?: string | undefined;
}): string {
  return [endpoint, bucket, prefix].join('/');
}
