import { readSettings } from '@sandyq/http';
import { expect, it } from 'vitest';
import { shareOf } from './share-of.ts';

const all = readSettings(
  { SANDYQ_MAX_STORE_REQUESTS: '64', SANDYQ_MAX_IN_FLIGHT_BYTES: '9GiB' },
  { cwd: '/tmp' },
);

it('one process takes everything', () => {
  expect(shareOf(all, 1)).toEqual({ ...all, processes: 1 });
});

it('what bounds the machine is divided, so that all together stay within it', () => {
  const share = shareOf(all, 3);
  expect(share).toMatchObject({
    maxStoreRequests: 22,
    maxInFlightBytes: 3 * 2 ** 30,
    maxConnections: Math.ceil(all.maxConnections / 3),
    minFreeDiskBytes: all.minFreeDiskBytes,
    database: all.database,
  });
  expect(3 * share.pictureCacheBytes).toBeLessThan(all.pictureCacheBytes + 3);
});
