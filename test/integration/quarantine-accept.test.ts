/** What administrators accept from quarantine, over the admin API, with real bytes behind it. */
import type { DicomJson } from '@sandyq/dicom';
import { quarantinePorts } from '@sandyq/index';
import { acceptQuarantined, clearQuarantineLeftovers } from '@sandyq/indexing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getJson } from '../support/dicomweb.ts';
import { imageOf, QuarantineArchive } from './quarantine-archive.ts';

let here: QuarantineArchive;

beforeAll(async () => {
  here = await QuarantineArchive.start();
});

afterAll(() => here?.test.stop());

describe('accept', () => {
  it('lets an instance of another facility join its study', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1).bytes);
    const foreign = imageOf(study, 2);
    expect(await here.store(foreign.bytes, here.clinic)).toMatchObject({
      kind: 'failed',
      reason: 'foreign-study',
    });
    expect(await here.original(study, 2)).toBe(404);

    const entry = await here.newest();
    const { status, json } = await here.decide(entry.quarantineId, 'accept');
    expect(status).toBe(200);
    expect(json).toEqual({
      quarantineId: entry.quarantineId,
      verdict: { kind: 'stored' },
      studyInstanceUid: study,
      sopInstanceUid: `${study}.1.2`,
    });
    expect(await here.original(study, 2)).toEqual(foreign.bytes);
    expect(await here.instanceCount(study)).toBe(2);
    // The same bytes again are known now.
    expect(await here.store(foreign.bytes, here.clinic)).toMatchObject({ kind: 'stored', reason: undefined });
    expect(await here.decide(entry.quarantineId, 'accept')).toMatchObject({
      status: 409,
      json: { error: 'conflict' },
    });
  });

  it('takes bytes of their own into a segment, where only the request was wrong', async () => {
    const study = here.newStudy();
    const made = imageOf(study, 1, { patientName: 'Әбілқайыр^Ұлан' });
    expect(await here.storeElsewhere(made.bytes)).toBe(409);
    const entry = await here.newest();
    expect(entry).toMatchObject({ reason: 'study-mismatch', segmentId: undefined, deviceCode: 'ct' });

    expect(await here.decide(entry.quarantineId, 'accept')).toMatchObject({
      status: 200,
      json: { verdict: { kind: 'stored' }, studyInstanceUid: study },
    });
    expect(await here.original(study, 1)).toEqual(made.bytes);
    const [metadata] = await getJson<DicomJson[]>(
      `${here.test.url}/dicom-web/studies/${study}/metadata`,
      here.radiologist,
    );
    expect(metadata?.['00100010']?.Value).toEqual([{ Alphabetic: 'Әбілқайыр^Ұлан' }]);

    // The receipt names the sender and its time; the entry says where the bytes are now, and the object goes.
    const accepted = (await here.entries()).find(({ quarantineId }) => quarantineId === entry.quarantineId);
    expect(accepted).toMatchObject({ state: 'accepted', objectKey: expect.stringMatching(/^v1\//) });
    const segments = await here.test.archive.database.query({
      text: 'select principal_id, received_at from segment where segment_id = $1',
      values: [accepted?.segmentId],
    });
    expect(segments.rows).toEqual([{ principal_id: entry.principalId, received_at: entry.receivedAt }]);
    await clearQuarantineLeftovers(here.test.archive, 0);
    expect(await here.objectKeys('quarantine/')).not.toContain(entry.objectKey);
    expect(await here.original(study, 1)).toEqual(made.bytes);
  });

  it('says why bytes still cannot be indexed, and leaves them open', async () => {
    const made = imageOf(here.newStudy(), 1).bytes;
    expect(await here.store(made.subarray(0, made.length - 40))).toMatchObject({ reason: 'truncated' });
    const entry = await here.newest();
    const { status, json } = await here.decide(entry.quarantineId, 'accept');
    expect(status).toBe(409);
    expect(json['message']).toMatch(
      /cannot be indexed: .*Ask its sender for a corrected instance, export .* discard/s,
    );
    expect(await here.newest()).toMatchObject({ quarantineId: entry.quarantineId, state: 'open' });
    expect(await here.objectKeys('quarantine/')).toContain(entry.objectKey);
    expect(await here.decide(999_999, 'accept')).toMatchObject({ status: 404 });
  });

  it('keeps to the verdicts on other objections: a patient who is not the study’s is held', async () => {
    const study = here.newStudy();
    await here.store(imageOf(study, 1, { patientId: 'A' }).bytes);
    const made = imageOf(study, 2, { patientId: 'B' });
    await here.storeElsewhere(made.bytes);
    expect(await here.decide((await here.newest()).quarantineId, 'accept')).toMatchObject({
      json: { verdict: { kind: 'stored', warning: 'identity-conflict' } },
    });
    expect(await here.original(study, 2)).toBe(404);
    const conflicts = await getJson<{ conflicts: Record<string, unknown>[] }>(
      `${here.test.url}/admin/identity-conflicts`,
      here.administrator,
    );
    expect(conflicts.conflicts[0]).toMatchObject({
      sopInstanceUid: `${study}.1.2`,
      instancePatient: { issuer: 'hospital', patientId: 'B' },
      studyPatient: { issuer: 'hospital', patientId: 'A' },
      device: 'ct',
    });
  });

  it('reads the bytes anew where the index could not hold a value, and lets go of the older copy', async () => {
    const study = here.newStudy();
    const made = imageOf(study, 1, { instanceNumber: 4_711 });
    await refuseInstanceNumber(4_711);
    expect(await here.store(made.bytes)).toMatchObject({ kind: 'failed', reason: 'processing-failure' });
    const entry = await here.newest();
    expect(await here.segmentState(entry.segmentId)).toBe('live');
    expect(await here.decide(entry.quarantineId, 'accept')).toMatchObject({
      status: 409,
      json: { message: expect.stringContaining('the index cannot hold a value') },
    });
    expect(await here.newest()).toMatchObject({ quarantineId: entry.quarantineId, state: 'open' });

    await refuseNothing();
    expect(await here.decide(entry.quarantineId, 'accept')).toMatchObject({
      json: { verdict: { kind: 'stored' } },
    });
    expect(await here.original(study, 1)).toEqual(made.bytes);
    await expect.poll(() => here.segmentState(entry.segmentId), { timeout: 20_000 }).toBe('deleted');
    expect(await here.original(study, 1)).toEqual(made.bytes);
  });

  it('twice at once is done once', async () => {
    const study = here.newStudy();
    const made = imageOf(study, 1);
    await here.storeElsewhere(made.bytes);
    const { quarantineId } = await here.newest();
    const ports = quarantinePorts(here.test.archive);
    const outcomes = await Promise.allSettled(
      ['anna', 'berik'].map((name) => acceptQuarantined(ports, quarantineId, name)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await here.instanceCount(study)).toBe(1);
    expect(await here.original(study, 1)).toEqual(made.bytes);
  });
});

/** Makes PostgreSQL refuse a value as it would one that does not fit its column. */
async function refuseInstanceNumber(number: number): Promise<void> {
  await here.test.archive.database.query({
    text: `create function refuse() returns trigger language plpgsql as $$
      begin
        if new.instance_number = ${number} then raise exception using errcode = '22003'; end if;
        return new;
      end $$;
      create trigger refuse before insert on instance for each row execute function refuse()`,
  });
}

async function refuseNothing(): Promise<void> {
  await here.test.archive.database.query({ text: 'drop trigger refuse on instance; drop function refuse' });
}
