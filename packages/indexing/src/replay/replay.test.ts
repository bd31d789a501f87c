/** What is told by receipts and journal, in whatever order segments are found. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  commitTogether,
  createDevice,
  createFacility,
  type Database,
  GroupCommit,
  segmentStates,
  writeJournalLine,
} from '@sandyq/database';
import { createTestDatabase } from '@sandyq/database/testing';
import { createFilesystemStore, nodeFileSystem, type SealedSegment } from '@sandyq/storage';
import { silentLogger } from '@sandyq/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PixelValueComparison } from '../comparison/pixel-value-comparison.ts';
import { Directory } from '../directory.ts';
import { rebuildIndex } from './rebuild-index.ts';
import { emptyRebuildReport } from './rebuild-report.ts';
import { replayBygone } from './replay-bygone.ts';
import { replaySegment } from './replay-segment.ts';
import { STUDY, storeInstance, type WantedInstance } from './testing/store-instance.ts';

const fileSystem = nodeFileSystem();
const cleanUps: (() => Promise<unknown>)[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandyq-replay-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
});

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

let stores = 0;

/** A store and a spool of their own, and an empty database. */
async function bench() {
  const { database, drop } = await createTestDatabase();
  cleanUps.push(drop);
  await database.inTransaction((client) =>
    createFacility(client, { code: 'hospital', name: 'Hospital' }, 'test'),
  );
  stores += 1;
  const root = join(folder, String(stores));
  const store = createFilesystemStore({ root: join(root, 'objects'), fileSystem });
  const ports = {
    database,
    store,
    maintenance: store,
    logger: silentLogger(),
    groupCommit: new GroupCommit(database),
    pixels: new PixelValueComparison({ threads: 1, isLast: true }),
    directory: new Directory(database, () => performance.now()),
  };
  return { ports, database, spoolFolder: join(root, 'spool') };
}

type Bench = Awaited<ReturnType<typeof bench>>;

/** A stored segment of one instance. */
function stored({ ports: { store }, spoolFolder }: Bench, wanted: WantedInstance): Promise<SealedSegment> {
  return storeInstance({ store, spoolFolder }, wanted);
}

function sha256Of({ receipt }: SealedSegment): string {
  return receipt.entries[0]?.sha256 ?? '';
}

async function saidToBeHeld(database: Database, sealed: SealedSegment): Promise<void> {
  await writeJournalLine(database, {
    kind: 'identity-conflict',
    decidedBy: 'archive',
    fact: {
      sopInstanceUid: sealed.receipt.entries[0]?.sopInstanceUid ?? '',
      studyInstanceUid: STUDY,
      sha256: sha256Of(sealed),
      segmentId: sealed.id,
      facility: 'hospital',
    },
  });
}

async function rebuild({ ports }: Bench) {
  const report = emptyRebuildReport();
  const commit = (segments: Parameters<typeof commitTogether>[1]) => commitTogether(ports.database, segments);
  await rebuildIndex({ ...ports, commit }, { parallel: 2, after: '', isResumed: false, report });
  return report;
}

async function studyOf(database: Database) {
  const found = await database.query({
    text: `select s.patient_id, s.patient_name, s.number_of_instances,
        (select array_agg(i.sop_instance_uid || ' ' || i.state order by i.sop_instance_uid) from instance i
          where i.study_key = s.study_key) as instances
      from study s where s.study_instance_uid = $1`,
    values: [STUDY],
  });
  return found.rows[0];
}

const OF_PATIENT_1 = {
  patient_id: 'P-1',
  patient_name: 'Name^2',
  number_of_instances: 2,
  instances: [`${STUDY}.1.1 identity-conflict`, `${STUDY}.1.2 active`, `${STUDY}.1.3 active`],
};

describe('held instances whose segments were begun before those of their study', () => {
  /** The clock of the stranger's ingest process was behind. */
  async function strangerFirst(): Promise<Bench & { readonly stranger: SealedSegment }> {
    const one = await bench();
    const stranger = await stored(one, { image: 1, patientId: 'P-stranger', second: 1 });
    await stored(one, { image: 2, second: 10 });
    await stored(one, { image: 3, second: 20 });
    await saidToBeHeld(one.database, stranger);
    return { ...one, stranger };
  }

  it('do not make the study theirs when the index is rebuilt', async () => {
    const one = await strangerFirst();
    expect(await rebuild(one)).toMatchObject({ studies: 1, segments: 3, instances: 3, damaged: [] });
    expect(await studyOf(one.database)).toEqual(OF_PATIENT_1);
  });

  it('do not make the study theirs when their segment is replayed alone', async () => {
    const one = await strangerFirst();
    const { key, size } = one.stranger;
    expect(await replaySegment(one.ports, { key, size }, { verify: 'tail' })).toBe('replayed');
    expect(await studyOf(one.database)).toMatchObject({ patient_id: 'P-1' });
    for await (const object of one.ports.store.list('v1/')) await replaySegment(one.ports, object);
    expect(await studyOf(one.database)).toEqual(OF_PATIENT_1);
  });
});

describe('a segment that the journal says is superseded', () => {
  it('is known as such, and nothing of it is indexed', async () => {
    const one = await bench();
    const { id, key, size } = await stored(one, { image: 1, second: 1 });
    const occurredAt = new Date('2026-03-02T00:00:00Z');
    const fact = { segmentId: id, objectKey: key };
    await writeJournalLine(one.database, {
      kind: 'segment-superseded',
      decidedBy: 'archive',
      fact,
      occurredAt,
    });
    expect(await rebuild(one)).toMatchObject({ segments: 1, superseded: 1, instances: 0 });
    expect(await segmentStates(one.database, [id])).toEqual(new Map([[id, 'superseded']]));
    expect(await studyOf(one.database)).toBeUndefined();
    // … and again
    expect(await replaySegment(one.ports, { key, size })).toBe('superseded');
  });
});

describe('devices', () => {
  it('are tied to what was received after they were registered, not before', async () => {
    const one = await bench();
    await stored(one, { image: 1, serial: '4711', second: 1 });
    const device = { facilityCode: 'hospital', code: 'ct', serialNumber: '4711', origin: 'local' } as const;
    await createDevice(one.database, device, 'test');
    await one.database.query({ text: `update device set created_at = '2026-03-01T08:00:30Z'` });
    await stored(one, { image: 2, serial: '4711', second: 40 });
    await rebuild(one);
    const tied = await one.database.query({
      text: 'select device_id is not null as is_tied from segment order by received_at',
    });
    expect(tied.rows).toEqual([{ is_tied: false }, { is_tied: true }]);
  });
});

describe('bytes that were judged equal', () => {
  it('are known again, unless the instance they are equal to was replaced', async () => {
    const one = await bench();
    const holder = await stored(one, { image: 1, second: 1 });
    const told = { sopInstanceUid: `${STUDY}.1.1`, sameEncoding: false };
    for (const [sha256, holderSha256] of [
      ['a'.repeat(64), sha256Of(holder)],
      ['b'.repeat(64), 'c'.repeat(64)],
    ] as const) {
      const newcomer = await stored(one, { image: 1, second: 2 });
      const fact = { ...told, sha256, holderSha256, segmentId: newcomer.id };
      await writeJournalLine(one.database, { kind: 'instance-equal', decidedBy: 'archive', fact });
    }
    await rebuild(one);
    await replayBygone(one.ports);
    const known = await one.database.query({
      text: `select encode(sha256, 'hex') as sha256 from known_encoding where sha256 <> $1`,
      values: [Buffer.from(sha256Of(holder), 'hex')],
    });
    expect(known.rows).toEqual([{ sha256: 'a'.repeat(64) }]);
  });
});
