/** Clearing away of duplicate segments: what cannot be verified stays, and keeps nothing else from being cleared away. */
import { randomBytes, randomUUID } from 'node:crypto';
import { recordingLogger } from '@sandyq/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustStore } from '../support/dicomweb.ts';
import { makeNativeImage } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';

const { logger, lines } = recordingLogger();
let archive: TestArchive;

beforeAll(async () => {
  archive = await startArchive({ logger });
});
afterAll(() => archive?.stop());

interface SegmentState {
  readonly segment_id: string;
  readonly state: string;
  readonly object_key: string;
}

async function segmentStates(): Promise<SegmentState[]> {
  const found = await archive.archive.database.query<SegmentState>({
    text: 'select segment_id, state, object_key from segment order by received_at',
  });
  return found.rows;
}

/** A duplicate of which the store has lost the object, older than all others. */
async function addLostDuplicate(): Promise<string> {
  const segmentId = randomUUID();
  await archive.archive.database.query({
    text: `insert into segment (segment_id, object_key, study_key, series_key, facility_id, principal_id, size_bytes,
        receipt_sha256, received_at, entries, state)
      select $1, regexp_replace(object_key, '/[^/]*$', $2), study_key, series_key, facility_id, principal_id, size_bytes,
        receipt_sha256, received_at - interval '1 day', entries, 'duplicate' from segment limit 1`,
    values: [segmentId, `/${segmentId}-0123456789abcdef.tar`],
  });
  return segmentId;
}

describe('duplicate segments', () => {
  it('are cleared away behind one that cannot be read back, which stays and is reported', async () => {
    const ids = { studyInstanceUid: '2.25.4', seriesInstanceUid: '2.25.4.1', sopInstanceUid: '2.25.4.1.1' };
    const { bytes } = makeNativeImage(ids, { rows: 16, columns: 16, pixels: randomBytes(512) });
    const other = { ...ids, sopInstanceUid: '2.25.4.1.2' };
    const first = makeNativeImage(other, { rows: 16, columns: 16, pixels: randomBytes(512) });
    await mustStore(archive.url, first.bytes);
    const lost = await addLostDuplicate();
    await Promise.all(Array.from({ length: 20 }, () => mustStore(archive.url, bytes)));
    await expect
      .poll(
        async () =>
          (await segmentStates()).filter(({ state }) => state === 'duplicate' || state === 'superseded'),
        {
          timeout: 20_000,
        },
      )
      .toEqual([]);
    const states = await segmentStates();
    expect(states[0]).toMatchObject({ segment_id: lost, state: 'live' });
    expect(states.filter(({ state }) => state === 'deleted').length).toBeGreaterThan(0);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'duplicate-segment-not-verified', segmentId: lost }),
    );
    const keys = (await Array.fromAsync(archive.archive.store.list('v1/'))).map(({ key }) => key);
    const live = states.filter(({ state, segment_id: id }) => state === 'live' && id !== lost);
    expect(keys).toEqual(live.map((segment) => segment.object_key).sort());
    expect(live).toHaveLength(2);
  });
});
