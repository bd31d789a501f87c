/** What one of several serving processes may take of the bounds that are set for all of them. */
import type { Settings } from '@sandyq/http';

/**
 * The settings of each of so many processes. Divided is what bounds the memory and the disk of the machine and the load that senders and
 * background reading may bring; a limit on one request, or on what a process keeps with the database, is the same in each.
 */
export function shareOf(settings: Settings, processes: number): Settings {
  const share = (whole: number): number => Math.ceil(whole / processes);
  return Object.freeze({
    ...settings,
    processes,
    maxConnections: share(settings.maxConnections),
    maxStoreRequests: share(settings.maxStoreRequests),
    maxInFlightBytes: share(settings.maxInFlightBytes),
    maxInFlightBytesPerSender: share(settings.maxInFlightBytesPerSender),
    commitmentBytesPerSecond: share(settings.commitmentBytesPerSecond),
    pictureCacheBytes: share(settings.pictureCacheBytes),
  });
}
