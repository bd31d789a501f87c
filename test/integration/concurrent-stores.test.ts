/**
 * Many clients at once through two ingest processes, on both stores: an instance exists once, counts are exact, a patient is made
 * once, and what came too often is gone from the store when the index process has cleared up.
 */
import { randomBytes } from 'node:crypto';
import { type DicomJson, Tags } from '@sandyq/dicom';
import { s3ForTests } from '@sandyq/storage/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeCensus } from '../support/census.ts';
import { type DeployedArchive, deployArchive, waitForSupersession } from '../support/deploy-archive.ts';
import { deployments } from '../support/deployments.ts';
import {
  firstOf,
  get,
  getJson,
  originalUrl,
  type StoreVerdict,
  storeMany,
  storeOne,
} from '../support/dicomweb.ts';
import { rawInstance } from '../support/raw-instance.ts';

const s3 = await s3ForTests();
afterAll(() => s3.release());

/** Study, series and instance by number: `ids(1, 2, 3)` is instance 2.25.9.1.2.3. */
function ids(study: number, series: number, instance: number) {
  const studyInstanceUid = `2.25.9.${study}`;
  const seriesInstanceUid = `${studyInstanceUid}.${series}`;
  return { studyInstanceUid, seriesInstanceUid, sopInstanceUid: `${seriesInstanceUid}.${instance}` };
}

/** An image of 16 × 16 pixels of this patient; other pixels each time it is called. */
function image(identity: ReturnType<typeof ids>, patientId = 'P1'): Buffer {
  return rawInstance(identity, [
    [Tags.Modality, 'CS', 'CT'],
    [Tags.PatientID, 'LO', patientId],
    [Tags.SamplesPerPixel, 'US', Buffer.of(1, 0)],
    [Tags.Rows, 'US', Buffer.of(16, 0)],
    [Tags.Columns, 'US', Buffer.of(16, 0)],
    [Tags.BitsAllocated, 'US', Buffer.of(16, 0)],
    [Tags.PixelData, 'OW', randomBytes(512)],
  ]);
}

function tally(verdicts: readonly StoreVerdict[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, reason = 'plain' } of verdicts)
    counts[`${kind} ${reason}`] = (counts[`${kind} ${reason}`] ?? 0) + 1;
  return counts;
}

const split = deployments(s3, 'all').filter(({ topology }) => topology === 'split');

for (const deployment of split) {
  describe.skipIf(deployment.isSkipped)(`clients at once, ${deployment.name}`, () => {
    let archive: DeployedArchive;

    beforeAll(async () => {
      archive = await deployArchive(deployment);
    });
    afterAll(() => archive?.stop());

    async function keysOf(study: number): Promise<string[]> {
      const rows = await archive.database.query<{ object_key: string }>({
        text: `select object_key from segment g join study s on s.study_key = g.study_key
          where s.study_instance_uid = $1 and g.state = 'live' union
          select object_key from quarantine where study_instance_uid = $1`,
        values: [ids(study, 1, 1).studyInstanceUid],
      });
      return rows.rows.map((row) => row.object_key).sort();
    }

    async function countsOf(study: number) {
      const query = `StudyInstanceUID=${ids(study, 1, 1).studyInstanceUid}`;
      const [json] = await getJson<DicomJson[]>(`${archive.url}/dicom-web/studies?${query}`);
      return { series: firstOf(json?.['00201206']), instances: firstOf(json?.['00201208']) };
    }

    it('20 clients store the same instance: 20 successes, one instance, one object', async () => {
      const bytes = image(ids(1, 1, 1));
      const before = await takeCensus(archive);
      const verdicts = await Promise.all(Array.from({ length: 20 }, () => storeOne(archive.url, bytes)));
      expect(tally(verdicts)).toEqual({ 'stored plain': 20 });
      await waitForSupersession(archive);
      const after = await takeCensus(archive);
      expect(after.keys).toHaveLength(before.keys.length + 1);
      expect(await keysOf(1)).toEqual(after.keys.filter((key) => !before.keys.includes(key)));
      expect(after.rows['instance']).toBe((before.rows['instance'] ?? 0) + 1);
      expect(after.rows['changes']).toBe((before.rows['changes'] ?? 0) + 1);
      expect(await countsOf(1)).toEqual({ series: 1, instances: 1 });
      const { body } = await get(originalUrl(verdicts[0]?.retrieveUrl ?? ''));
      expect(body.equals(bytes)).toBe(true);
    });

    it('16 clients store different instances of one study, series and patient: counts are exact', async () => {
      const clients = Array.from({ length: 16 }, async (_, client) => {
        const verdicts: StoreVerdict[] = [];
        for (let instance = 0; instance < 8; instance += 1) {
          verdicts.push(await storeOne(archive.url, image(ids(2, instance % 4, client * 8 + instance))));
        }
        return verdicts;
      });
      expect(tally((await Promise.all(clients)).flat())).toEqual({ 'stored plain': 128 });
      expect(await countsOf(2)).toEqual({ series: 4, instances: 128 });
      const found = await getJson<DicomJson[]>(
        `${archive.url}/dicom-web/studies/${ids(2, 0, 0).studyInstanceUid}/series`,
      );
      expect(found.map((series) => firstOf(series['00201209']))).toEqual([32, 32, 32, 32]);
    });

    it('16 clients bring the first study of a patient each: the patient is one', async () => {
      const clients = Array.from({ length: 16 }, (_, client) =>
        storeOne(archive.url, image(ids(100 + client, 1, 1), 'the-same')),
      );
      expect(tally(await Promise.all(clients))).toEqual({ 'stored plain': 16 });
      const patients = await archive.database.query<{ patients: number; studies: number }>({
        text: `select count(distinct patient_key)::int as patients, count(*)::int as studies
          from study where patient_id = 'the-same'`,
      });
      expect(patients.rows).toEqual([{ patients: 1, studies: 16 }]);
    });

    it('two contents under one SOP Instance UID, ten clients each: one is stored, the other is kept once in quarantine', async () => {
      const contents = [image(ids(3, 1, 1)), image(ids(3, 1, 1))];
      const verdicts = await Promise.all(
        Array.from({ length: 20 }, async (_, client) => {
          const content = client % 2;
          return { content, ...(await storeOne(archive.url, contents[content] ?? Buffer.alloc(0))) };
        }),
      );
      expect(tally(verdicts)).toEqual({ 'stored plain': 10, 'failed duplicate-sop-instance': 10 });
      const [winner, ...others] = new Set(
        verdicts.filter(({ kind }) => kind === 'stored').map(({ content }) => content),
      );
      expect(others).toEqual([]);
      await waitForSupersession(archive);
      const listed = await archive.database.query<{ times: number; state: string }>({
        text: 'select times_received::int as times, state from quarantine where sop_instance_uid = $1',
        values: [ids(3, 1, 1).sopInstanceUid],
      });
      expect(listed.rows).toEqual([{ times: 10, state: 'open' }]);
      expect(await keysOf(3)).toHaveLength(2);
      const url = verdicts.find(({ kind }) => kind === 'stored')?.retrieveUrl ?? '';
      expect((await get(originalUrl(url))).body.equals(contents[winner ?? 0] ?? Buffer.alloc(0))).toBe(true);
    });

    it('leaves no object that no row names, and no row whose object is gone', async () => {
      await waitForSupersession(archive);
      const named = await archive.database.query<{ object_key: string }>({
        text: `select object_key from segment where state = 'live' union select object_key from quarantine`,
      });
      const { keys } = await takeCensus(archive);
      expect(keys).toEqual(named.rows.map((row) => row.object_key).sort());
      expect(archive.processes.filter((process) => process.hasEnded())).toEqual([]);
    });

    it('one bad part harms none of its neighbours, whichever process takes the request', async () => {
      const good = Array.from({ length: 20 }, (_, index) => image(ids(4, 1, index + 1)));
      const bad = [Buffer.from('no DICOM'), good[3]?.subarray(0, 700) ?? Buffer.alloc(0), Buffer.alloc(0)];
      const answers = await Promise.all(
        [good.slice(0, 10), good.slice(10)].map((some) =>
          storeMany(archive.url, [...some.slice(0, 5), ...bad, ...some.slice(5)]),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([202, 202]);
      const verdicts = answers.flatMap((answer) => answer.verdicts);
      expect(tally(verdicts)).toEqual({ 'stored plain': 20, 'failed not-dicom': 4, 'failed truncated': 2 });
      expect(await countsOf(4)).toEqual({ series: 1, instances: 20 });
    });
  });
}
