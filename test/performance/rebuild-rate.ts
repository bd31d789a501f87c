/**
 * How fast `npm run rebuild-index` makes an index of CT series of 300 slices, 130 attributes each, on a PostgreSQL of its own.
 * The slices have few pixels: a rebuild never reads them.
 */
import { createHash, randomFillSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFilesystemStore,
  nodeFileSystem,
  SegmentSpool,
  storeSegment,
  uuidV7Source,
} from '@sandyq/storage';
import { startTestPostgres } from '../support/postgres.ts';
import { runScript } from '../support/run-script.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const SLICES = 300;
const ATTRIBUTES = 130;
const SLICE_BYTES = 8_192;

/** What the command said of itself, as JSON. */
export async function measureRebuild(studies: number): Promise<unknown> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'sandyq-rebuild-rate-'));
  try {
    await fillStore(dataFolder, studies);
    const postgres = await startTestPostgres(join(dataFolder, 'postgres-of-bench'));
    try {
      const environment = { SANDYQ_DATA: dataFolder, DATABASE_URL: postgres.connectionString };
      const { code, stdout, stderr } = await runScript('rebuild-index.ts', ['--json'], environment);
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout) as unknown;
    } finally {
      await postgres.stop();
    }
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
}

async function fillStore(dataFolder: string, studies: number): Promise<void> {
  const fileSystem = nodeFileSystem();
  const store = createFilesystemStore({ root: join(dataFolder, 'objects'), fileSystem });
  const newId = uuidV7Source({ now: Date.now, fillRandom: (bytes) => randomFillSync(bytes) });
  const spool = new SegmentSpool({ directory: join(dataFolder, 'spool'), fileSystem, newId });
  const random = new SeededRandom(1);
  for (let study = 0; study < studies; study += 1) {
    const studyInstanceUid = random.uid();
    const seriesInstanceUid = random.uid();
    const segment = await spool.create({
      studyInstanceUid,
      seriesInstanceUid,
      facility: 'hospital',
      device: undefined,
      principal: 'bench',
      receivedAt: new Date().toISOString(),
      source: { kind: 'received' },
    });
    for (let slice = 1; slice <= SLICES; slice += 1) {
      const sopInstanceUid = `${seriesInstanceUid}.${slice}`;
      const entry = await segment.beginEntry({ sopInstanceUid, role: 'part10' });
      await entry.write(Buffer.alloc(SLICE_BYTES, slice));
      await entry.commit({
        sopInstanceUid,
        sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
        transferSyntaxUid: '1.2.840.10008.1.2.1',
        characterSet: { label: ['ISO_IR 192'], used: ['ISO_IR 192'], flag: 'as-labelled' },
        pixelData: undefined,
        metadata: metadataOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid, study, slice }),
      });
    }
    const sealed = await segment.seal();
    await storeSegment(store, sealed);
    await spool.remove(sealed);
  }
  await spool.close();
}

interface Slice {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly study: number;
  readonly slice: number;
}

/** What most slices of a series have in common, and what each has of its own. */
function metadataOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid, study, slice }: Slice): Buffer {
  const filler = Array.from({ length: ATTRIBUTES - 9 }, (_, index) => {
    const tag = `0018${(0x1000 + index).toString(16).toUpperCase()}`;
    const own = createHash('sha256').update(`${study} ${slice} ${index}`).digest('hex').slice(0, 24);
    return [tag, { vr: 'LO', Value: [index % 5 === 0 ? own : `the same for all slices, ${index}`] }] as const;
  });
  const json = {
    '00080018': { vr: 'UI', Value: [sopInstanceUid] },
    '00080020': { vr: 'DA', Value: ['20260301'] },
    '00080060': { vr: 'CS', Value: ['CT'] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: `Сынақ^${study}` }] },
    '00100020': { vr: 'LO', Value: [`P-${study}`] },
    '0020000D': { vr: 'UI', Value: [studyInstanceUid] },
    '0020000E': { vr: 'UI', Value: [seriesInstanceUid] },
    '00200013': { vr: 'IS', Value: [slice] },
    '00280010': { vr: 'US', Value: [512] },
    ...Object.fromEntries(filler),
  };
  return Buffer.from(JSON.stringify(json));
}
