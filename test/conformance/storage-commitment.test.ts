/** Storage Commitment (PS3.18 §13, Annex J; PS3.4 Annex J) through HTTP: what is committed, what is not, who may ask. */
import { randomBytes } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureFacility } from '@sandyq/database';
import type { DicomJson } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../support/api-keys.ts';
import { itemsOf, storeAll } from '../support/dicomweb.ts';
import { MadeSopClasses, makeNativeImage, makePdf } from '../support/made-instances.ts';
import { startArchive, type TestArchive } from '../support/start-archive.ts';
import { askCommitment, moduleOf, outcomeOf, reference, uid } from '../support/storage-commitment.ts';

const ids = (instance: number, study = 1) => ({
  studyInstanceUid: `2.13.${study}`,
  seriesInstanceUid: `2.13.${study}.1`,
  sopInstanceUid: `2.13.${study}.1.${instance}`,
});
const image = (instance: number, study = 1) =>
  makeNativeImage(ids(instance, study), { rows: 64, columns: 64, pixels: randomBytes(8_192) });

let archive: TestArchive;
let transactions = 0;

beforeAll(async () => {
  archive = await startArchive();
  await storeAll(archive.url, [image(1).bytes, image(2).bytes, makePdf(ids(3), randomBytes(20_000)).bytes]);
});
afterAll(() => archive?.stop());

const newTransaction = (): string => `2.25.${(transactions += 1)}`;

/** A request with Referenced Study Sequence: CT images of the first series. */
function studyForm(studyInstanceUid: string, sopInstanceUids: readonly string[]): DicomJson {
  const sequence = (tag: string, ...items: DicomJson[]): DicomJson => ({ [tag]: { vr: 'SQ', Value: items } });
  const instances = sequence('0008114A', ...sopInstanceUids.map((one) => uid('00081155', one)));
  const ofClass = sequence('00081112', { ...uid('00081150', MadeSopClasses.ct), ...instances });
  const ofSeries = sequence('00081115', { ...uid('0020000E', '2.13.1.1'), ...ofClass });
  return sequence('00081110', { ...uid('0020000D', studyInstanceUid), ...ofSeries });
}

const ask = (
  transaction: string,
  body?: DicomJson | string,
  { url = archive.url, ...headers }: Record<string, string> = {},
) => askCommitment(url, transaction, body, headers);

describe('Request (§13.4)', () => {
  it('commits what it holds, and says of each other why not (PS3.3 C.14.1.1)', async () => {
    const { status, headers, json } = await ask(
      newTransaction(),
      moduleOf(
        reference('2.13.1.1.1'),
        reference('2.13.9.9.9'),
        reference('2.13.1.1.2', MadeSopClasses.encapsulatedPdf),
        reference('2.13.1.1.3', MadeSopClasses.encapsulatedPdf),
      ),
    );
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/dicom+json');
    expect(outcomeOf(json)).toEqual({
      committed: ['2.13.1.1.1', '2.13.1.1.3'],
      failed: [
        ['2.13.9.9.9', 0x0112],
        ['2.13.1.1.2', 0x0119],
      ],
    });
    expect(json['00081199']?.Value?.[0]).toEqual(reference('2.13.1.1.1'));
  });

  it('takes and gives the form by study (Annex J): Referenced and Failed Study Sequence', async () => {
    const instance = (sopInstanceUid: string) => uid('00081155', sopInstanceUid);
    const named = ['2.13.1.1.1', '2.13.1.1.2', '2.13.1.1.77'];
    const { status, json } = await ask(newTransaction(), studyForm('2.13.1', named));
    expect(status).toBe(200);
    const leaves = (tag: string) =>
      itemsOf(json[tag])
        .flatMap((one) => itemsOf(one['00081115']))
        .flatMap((one) => itemsOf(one['00081112']))
        .flatMap((one) => itemsOf(one['0008114A']));
    expect(leaves('00081110')).toEqual(['2.13.1.1.1', '2.13.1.1.2'].map(instance));
    expect(leaves('0008119B')).toEqual([
      { ...instance('2.13.1.1.77'), '00081197': { vr: 'US', Value: [0x0112] } },
    ]);
    expect(json['00081199']).toBeUndefined();
  });

  it('of an instance named in another study: no such instance', async () => {
    const { json } = await ask(newTransaction(), studyForm('2.13.77', ['2.13.1.1.1']));
    expect(json['00081110']).toBeUndefined();
    expect(JSON.stringify(json['0008119B'])).toContain(String(0x0112));
  });

  it('takes and gives the Native DICOM Model (§13.4.1.4)', async () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
      <NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">
       <DicomAttribute tag="00081199" vr="SQ" keyword="ReferencedSOPSequence"><Item number="1">
        <DicomAttribute tag="00081150" vr="UI"><Value number="1">${MadeSopClasses.ct}</Value></DicomAttribute>
        <DicomAttribute tag="00081155" vr="UI"><Value number="1">2.13.1.1.1</Value></DicomAttribute>
       </Item></DicomAttribute></NativeDicomModel>`;
    const { status, headers, text } = await ask(newTransaction(), xml, {
      'Content-Type': 'application/dicom+xml',
      Accept: 'application/dicom+xml',
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/dicom+xml');
    expect(text).toMatch(/tag="00081199".*<Value number="1">2\.13\.1\.1\.1<\/Value>/s);
  });

  it('of many instances goes its own way, and is answered alike', async () => {
    const unknown = Array.from({ length: 1_500 }, (_, index) => reference(`2.13.9.${index + 1}`));
    const { status, json } = await ask(newTransaction(), moduleOf(reference('2.13.1.1.1'), ...unknown));
    expect(status).toBe(200);
    expect(outcomeOf(json).committed).toEqual(['2.13.1.1.1']);
    expect(outcomeOf(json).failed).toHaveLength(1_500);
  });

  it('a Transaction UID in use is 409, and the first result stays', async () => {
    const transaction = newTransaction();
    expect((await ask(transaction, moduleOf(reference('2.13.1.1.1')))).status).toBe(200);
    expect((await ask(transaction, moduleOf(reference('2.13.9.9.9')))).status).toBe(409);
    expect(outcomeOf((await ask(transaction)).json).committed).toEqual(['2.13.1.1.1']);
  });

  it.each<[string, DicomJson | string, Record<string, string>, number, RegExp]>([
    ['no body', '', {}, 400, /./],
    ['no JSON', '{', {}, 400, /./],
    ['no references', {}, {}, 400, /names no instances/],
    [
      'an item without SOP Instance UID',
      moduleOf(uid('00081150', '1.2')),
      {},
      400,
      /ReferencedSOPInstanceUID.*item 1/,
    ],
    ['a UID that none can be', moduleOf(reference('1.2 3')), {}, 400, /ReferencedSOPInstanceUID/],
    ['another media type', 'a', { 'Content-Type': 'text/plain' }, 415, /application\/dicom\+json/],
    ['a coded body', moduleOf(), { 'Content-Encoding': 'br' }, 415, /Content-Encoding/],
    ['no acceptable answer', moduleOf(reference('1.2')), { Accept: 'image/png' }, 406, /dicom\+json/],
    ['too many references', moduleOf(...Array<DicomJson>(10_001).fill(reference('1.2'))), {}, 413, /10000/],
  ])('%s is refused, and takes no Transaction UID', async (_what, body, headers, status, message) => {
    const transaction = newTransaction();
    const refused = await ask(transaction, body, headers);
    expect([refused.status, refused.text]).toEqual([status, expect.stringMatching(message)]);
    expect((await ask(transaction)).status).toBe(404);
  });
});

describe('Result Check (§13.5)', () => {
  it('gives the result again, in the media type asked for; 404 for what nobody asked', async () => {
    const transaction = newTransaction();
    const first = await ask(transaction, moduleOf(reference('2.13.1.1.1'), reference('2.13.9.9.9')));
    expect((await ask(transaction)).text).toBe(first.text);
    expect((await ask(transaction, undefined, { Accept: 'application/dicom+xml' })).text).toContain(
      '<Native',
    );
    expect((await ask('2.25.999')).status).toBe(404);
  });

  it('is 202 with Retry-After while bytes are read, and the result once they are', async () => {
    const transaction = newTransaction();
    // As another process that is at it left it.
    await archive.archive.database.query({
      text: `insert into commitment_request
          (transaction_uid, principal_id, state, claimed_until, reference_count, instances)
        values ($1, 'other', 'working', now() + interval '1 hour', 1, $2)`,
      values: [
        transaction,
        JSON.stringify([{ sopClassUid: MadeSopClasses.ct, sopInstanceUid: '2.13.1.1.1' }]),
      ],
    });
    const working = await ask(transaction);
    expect(working.status).toBe(202);
    expect(working.text).toBe('');
    expect(Number(working.headers.get('retry-after'))).toBeGreaterThan(0);
    // Its claim ends: it is dead, and the next one takes over.
    await archive.archive.database.query({
      text: `update commitment_request set claimed_until = now() where transaction_uid = $1`,
      values: [transaction],
    });
    await ask(newTransaction(), moduleOf(reference('2.13.1.1.1')));
    await expect.poll(async () => (await ask(transaction)).status, { timeout: 10_000 }).toBe(200);
    expect(outcomeOf((await ask(transaction)).json).committed).toEqual(['2.13.1.1.1']);
  });

  it('is 410 once the result is forgotten; the Transaction UID stays taken', async () => {
    const transaction = newTransaction();
    await ask(transaction, moduleOf(reference('2.13.1.1.1')));
    await archive.archive.database.query({
      text: `update commitment_request set state = 'expired', instances = null, outcomes = null
        where transaction_uid = $1`,
      values: [transaction],
    });
    expect((await ask(transaction)).status).toBe(410);
    expect((await ask(transaction, moduleOf(reference('2.13.1.1.1')))).status).toBe(409);
  });
});

describe('what it vouches for', () => {
  it('is read anew: a flipped bit is a processing failure, its neighbours are committed', async () => {
    await storeAll(archive.url, [image(1, 2).bytes, image(2, 2).bytes]);
    const found = await archive.archive.database.query<{ object_key: string; at: number }>({
      text: `select g.object_key, i.entry_offset + i.entry_length - 100 as at from instance i
        join segment g using (segment_id) where i.sop_instance_uid = '2.13.2.1.1'`,
    });
    const [place] = found.rows;
    if (place === undefined) throw new Error('the instance is not in the index');
    const file = await open(join(archive.settings.dataFolder, 'objects', place.object_key), 'r+');
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, place.at);
    await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, place.at);
    await file.close();
    const { json } = await ask(newTransaction(), moduleOf(reference('2.13.2.1.1'), reference('2.13.2.1.2')));
    expect(outcomeOf(json)).toEqual({ committed: ['2.13.2.1.2'], failed: [['2.13.2.1.1', 0x0110]] });
  });
});

describe('while the object store is away', () => {
  it('nothing is decided: 202, and the result once it is back', async () => {
    const objects = join(archive.settings.dataFolder, 'objects');
    const transaction = newTransaction();
    await rename(objects, `${objects}-away`);
    try {
      const { status, headers } = await ask(transaction, moduleOf(reference('2.13.1.1.1')));
      expect([status, headers.get('retry-after')]).toEqual([202, '10']);
    } finally {
      await rename(`${objects}-away`, objects);
    }
    expect((await ask(transaction)).status).toBe(202);
    await archive.archive.database.query({
      text: 'update commitment_request set claimed_until = now() where transaction_uid = $1',
      values: [transaction],
    });
    await ask(newTransaction(), moduleOf(reference('2.13.1.1.1')));
    await expect.poll(async () => (await ask(transaction)).status, { timeout: 10_000 }).toBe(200);
    expect(outcomeOf((await ask(transaction)).json).committed).toEqual(['2.13.1.1.1']);
  });
});

describe('who may ask', () => {
  let guarded: TestArchive;
  beforeAll(async () => {
    guarded = await startArchive({ environment: { SANDYQ_AUTH: 'keys', SANDYQ_KEY_CACHE_SECONDS: '0' } });
    const { database } = guarded.archive;
    for (const code of ['one', 'two']) await ensureFacility(database, { code, name: code });
  });
  afterAll(() => guarded?.stop());

  it('a scanner: about its own facility only, and others do not see its results', async () => {
    const { database } = guarded.archive;
    const bearer = async (roles: Parameters<typeof createKey>[1]['roles'], facilityCode?: string) => ({
      url: guarded.url,
      Authorization: `Bearer ${await createKey(database, { roles, ...(facilityCode && { facilityCode }) })}`,
    });
    const [one, two, reader] = [
      await bearer(['scanner'], 'one'),
      await bearer(['scanner'], 'two'),
      await bearer(['radiologist']),
    ];
    await storeAll(guarded.url, [image(1).bytes], { Authorization: one.Authorization });
    const module = moduleOf(reference('2.13.1.1.1'));
    expect(outcomeOf((await ask('2.25.1', module, one)).json).committed).toEqual(['2.13.1.1.1']);
    expect(outcomeOf((await ask('2.25.2', module, two)).json).failed).toEqual([['2.13.1.1.1', 0x0112]]);
    expect((await ask('2.25.1', undefined, two)).status).toBe(404);
    expect((await ask('2.25.1', undefined, reader)).status).toBe(200);
    const auditor = await bearer(['auditor']);
    expect((await ask('2.25.3', module, auditor)).status).toBe(403);
    expect((await ask('2.25.3', module, { url: guarded.url })).status).toBe(401);
    const audited = await database.query({
      text: `select from audit_event where action = 'commit-storage' and allowed`,
    });
    expect(audited.rowCount).toBeGreaterThanOrEqual(4);
  });
});
