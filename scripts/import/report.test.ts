import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileOutcome } from './import-files.ts';
import { ReportWriter } from './report.ts';
import { summaryOf } from './summary.ts';
import { Tally } from './tally.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'report-'));
});

afterAll(() => rm(folder, { recursive: true }));

const outcome = (name: string, rest: Partial<FileOutcome> = {}): FileOutcome => ({
  name,
  sizeBytes: 1_000,
  outcome: 'stored',
  reason: undefined,
  meaning: undefined,
  sopInstanceUid: '1.2',
  ...rest,
});

describe('ReportWriter', () => {
  it('writes one JSON document, named when it is whole', async () => {
    const target = path.join(folder, 'report.json');
    const report = await ReportWriter.open(target, { url: 'http://archive' });
    const names = Array.from({ length: 5_000 }, (_, index) => `folder/${index}`);
    for (const name of names) report.add(outcome(name));
    report.add(outcome('"odd"', { outcome: 'refused', reason: 'truncated', sopInstanceUid: undefined }));
    expect(await readdir(folder)).toEqual(['report.json.part']);
    await report.finish({ summary: { files: 5_001 } });
    expect(await readdir(folder)).toEqual(['report.json']);
    const written = JSON.parse(await readFile(target, 'utf8')) as { files: { file: string }[] };
    expect(written).toMatchObject({ url: 'http://archive', summary: { files: 5_001 } });
    expect(written.files.map(({ file }) => file)).toEqual([...names, '"odd"']);
    expect(written.files.at(-1)).toEqual({
      file: '"odd"',
      sizeBytes: 1_000,
      outcome: 'refused',
      reason: 'truncated',
    });
    await rm(target);
  });

  it('leaves nothing behind when the import could not go on', async () => {
    const report = await ReportWriter.open(path.join(folder, 'none.json'), {});
    report.add(outcome('a'));
    await report.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  it('fails before the import where it cannot be written', async () => {
    await expect(ReportWriter.open(path.join(folder, 'no', 'report.json'), {})).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe('summaryOf', () => {
  it('counts by reason and names a few files of each', () => {
    const tally = new Tally();
    for (let index = 0; index < 12; index += 1) {
      tally.add(outcome(`t${index}`, { outcome: 'refused', reason: 'truncated', meaning: 'cut off' }));
    }
    tally.add(outcome('m', { outcome: 'refused', reason: 'malformed', meaning: 'not whole' }));
    tally.add(outcome('w', { outcome: 'warning', reason: 'identity-conflict', meaning: 'held' }));
    tally.add(outcome('u', { outcome: 'not-sent', reason: 'unreadable', meaning: 'EACCES' }));
    for (let index = 0; index < 1_500; index += 1) tally.add(outcome(`s${index}`));
    tally.known = 500;
    expect(tally.isComplete).toBe(false);
    expect(summaryOf(tally, 75).split('\n')).toEqual([
      '1 515 files, 1.5 MB, in 1 min 15 s (20.2 kB/s)',
      '  stored         1 000',
      '  already there  500',
      '  stored with a warning: 1',
      '    1  identity-conflict: held',
      '        w',
      '  refused: 13',
      '    12  truncated: cut off',
      ...Array.from({ length: 10 }, (_, index) => `        t${index}`),
      '        … and 2 more',
      '    1  malformed: not whole',
      '        m',
      '  not sent: 1',
      '    1  unreadable: EACCES',
      '        u',
      '',
      'What was refused is in quarantine: npm run admin -- quarantine list',
    ]);
  });

  it('is complete when everything was stored or known', () => {
    const tally = new Tally();
    tally.add(outcome('a'));
    tally.add(outcome('w', { outcome: 'warning', reason: 'proposed-correction', meaning: 'kept' }));
    expect(tally.isComplete).toBe(true);
  });
});
