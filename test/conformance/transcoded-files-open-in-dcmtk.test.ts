/**
 * Another implementation reads what we write: every native file of the corpus, re-encoded, opens in dcmdump (dcmtk)
 * without a complaint that the originals did not cause too, and with the same values. Skips visibly without dcmtk or
 * corpus; with CI=true it fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DicomError, readPart10, toExplicitLittleEndian, writeFileMeta } from '@sandyq/dicom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';

const hasDcmdump = spawnSync('dcmdump', ['--version']).status === 0;
const skipWithoutDcmtk = !hasDcmdump && process.env['CI'] !== 'true';
/** Printed values are three times as long as stored ones: those of longer files are cut off, for both in one place. */
const longestWithLongValues = 400_000;
/** dcmdump takes longer to start than to print. */
const batchFiles = 40;
let folder = '';

interface Dump {
  /** What dcmdump prints of each file. */
  readonly texts: readonly string[];
  readonly status: number | null;
  /** Distinct complaints, file names apart. */
  readonly complaints: ReadonlySet<string>;
}

function dump(files: readonly Uint8Array[], options: readonly string[] = []): Dump {
  const paths = files.map((_, index) => join(folder, `${index}.dcm`));
  for (const [index, bytes] of files.entries()) writeFileSync(paths[index] ?? '', bytes);
  const { status, stderr, stdout } = spawnSync('dcmdump', ['-Un', '+F', ...options, ...paths], {
    encoding: 'latin1',
    maxBuffer: 1024 * 1024 * 1024,
  });
  const complaints = new Set(stderr.split('\n').map((line) => line.replace(folder, '')));
  return { texts: stdout.split(/^# dcmdump \(\d+\/\d+\): .*$/m).slice(1), status, complaints };
}

async function transcode(bytes: Uint8Array): Promise<Buffer> {
  async function* source() {
    yield bytes;
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of toExplicitLittleEndian(source())) pieces.push(piece);
  return Buffer.concat(pieces);
}

interface Pair {
  readonly path: string;
  readonly original: Buffer;
  readonly transcoded: Buffer;
}

/** Acceptable native files, as they are and re-encoded. */
async function nativePairs(): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (const { path, verdict } of corpusFiles()) {
    const original = readCorpusFile(path);
    if (verdict === 'refuse' || !isNative(original)) continue;
    pairs.push({ path, original, transcoded: await transcode(original) });
  }
  return pairs;
}

function isNative(bytes: Uint8Array): boolean {
  try {
    const { encapsulated, compression } = readPart10(bytes).transferSyntax;
    return !encapsulated && compression === 'none';
  } catch (error) {
    if (error instanceof DicomError) return false;
    throw error;
  }
}

/** In batches that get the same options. */
function batchesOf(
  pairs: readonly Pair[],
): readonly { options: readonly string[]; pairs: readonly Pair[] }[] {
  const isShort = ({ transcoded }: Pair) => transcoded.length <= longestWithLongValues;
  return [true, false].flatMap((short) => {
    const alike = pairs.filter((pair) => isShort(pair) === short);
    return Array.from({ length: Math.ceil(alike.length / batchFiles) }, (_, index) => ({
      options: short ? ['+L'] : [],
      pairs: alike.slice(index * batchFiles, (index + 1) * batchFiles),
    }));
  });
}

/** Values of standard attributes as dcmdump prints them; private VRs and lengths of sequences are told otherwise. */
function valuesIn(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^( *)\(([0-9a-f]{4}),([0-9a-f]{4})\) (\S\S) (.*?) +# /.exec(line);
    if (match === null) return [];
    const [, indent = '', group = '', element = '', vr = '', value = ''] = match;
    const isOfDataSet = group !== '0002' && group !== 'fffe' && group !== 'fffc' && element !== '0000';
    const isPrivate = Number.parseInt(group, 16) % 2 === 1;
    const isSequence = vr === 'SQ' || vr === 'pi';
    if (!isOfDataSet || isPrivate || isSequence || (group === '0008' && element === '0001')) return [];
    return [`${indent.length} ${group}${element} ${vr === 'OW' ? bytesOfWords(value) : value}`];
  });
}

/** dcmdump prints OW as words and OB as bytes; which of the two implicit VR means is its choice and ours. */
function bytesOfWords(value: string): string {
  return value.replaceAll(/\b([0-9a-f]{2})([0-9a-f]{2})\b/g, String.raw`$2\$1`);
}

describe.skipIf(skipWithoutDcmtk)('dcmdump', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandyq-transcoded-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads the file meta information we write', () => {
    const meta = writeFileMeta({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      sopInstanceUid: '1.2.3.4',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
    });
    const dataSet = Buffer.from('0800180055490800312e322e332e3400', 'hex');
    const { texts, status, complaints } = dump([Buffer.concat([meta, dataSet])]);
    expect([status, ...complaints]).toEqual([0, '']);
    expect(texts[0]).toContain('(0002,0003) UI [1.2.3.4]');
    expect(texts[0]).toContain('SANDYQ_0_1');
    expect(texts[0]).toContain('(0008,0018) UI [1.2.3.4]');
  });

  it.skipIf(skipWithoutCorpus)('reads every re-encoded file and prints the same values', async () => {
    let compared = 0;
    for (const { options, pairs } of batchesOf(await nativePairs())) {
      const before = dump(
        pairs.map(({ original }) => original),
        options,
      );
      const after = dump(
        pairs.map(({ transcoded }) => transcoded),
        options,
      );
      const newComplaints = [...after.complaints].filter((line) => !before.complaints.has(line));
      expect([after.status, ...newComplaints]).toEqual([0]);
      for (const [index, { path }] of pairs.entries()) {
        const [one = '', other = ''] = [before.texts[index], after.texts[index]];
        expect(other).toContain('# Dicom-Data-Set\n# Used TransferSyntax: Little Endian Explicit');
        expect([path, valuesIn(other)]).toEqual([path, valuesIn(one)]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(260);
  });
});
