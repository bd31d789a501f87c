/** `npm run admin` as a person runs it: on a database of its own, before the first start, and beside a running archive. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startArchiveProcess } from '../test/support/archive-process.ts';
import { storeOne } from '../test/support/dicomweb.ts';
import { makeNativeImage } from '../test/support/made-instances.ts';
import { runScript } from '../test/support/run-script.ts';
import { startArchive, type TestArchive } from '../test/support/start-archive.ts';

let archive: TestArchive;
let environment: Record<string, string>;

beforeAll(async () => {
  archive = await startArchive({ environment: { SANDYQ_AUTH: 'keys' } });
  environment = {
    DATABASE_URL: archive.testDatabase.connectionString,
    SANDYQ_DATA: archive.settings.dataFolder,
    SANDYQ_AUTH: 'keys',
  };
});

afterAll(() => archive?.stop());

const admin = (...args: string[]) => runScript('admin.ts', args, environment);
const json = async (...args: string[]) =>
  JSON.parse((await admin(...args, '--json')).stdout) as Record<string, unknown>;

/** Runs a command that must succeed. */
async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await admin(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** As `done`, for arguments without spaces in them. */
const doneWords = (...texts: string[]) => done(...texts.flatMap((text) => text.split(' ')));

function image(study: string, number: number, pixel: number): Buffer {
  return makeNativeImage(
    { studyInstanceUid: study, seriesInstanceUid: `${study}.1`, sopInstanceUid: `${study}.1.${number}` },
    { rows: 8, columns: 8, pixels: Buffer.alloc(128, pixel) },
  ).bytes;
}

describe('npm run admin', () => {
  it('makes facilities, issuers, devices and keys, and lists them', async () => {
    await done(
      'facility',
      'add',
      '--code',
      'CITY1',
      '--name',
      'City Hospital 1',
      '--assumed-character-set',
      'kz-1048',
    );
    await done(
      'issuer',
      'add',
      '--namespace',
      'IIN',
      '--universal-id',
      '1.2.398',
      '--universal-id-type',
      'ISO',
    );
    await doneWords(
      'device add --facility CITY1 --code CT2 --manufacturer ACME --model Scan64 --serial-number 4711 --modality CT',
      '--origin local --quarantine-quota 2GiB --patient-issuer IIN',
    );
    expect(await json('facility', 'list')).toEqual({
      facilities: [
        {
          code: 'CITY1',
          name: 'City Hospital 1',
          patientIssuer: 'CITY1',
          accessionIssuer: 'CITY1',
          assumedCharacterSet: 'KZ-1048',
        },
      ],
    });
    expect(await json('device', 'list')).toMatchObject({
      devices: [{ code: 'CT2', facility: 'CITY1', patientIssuer: 'IIN', quarantineQuotaBytes: 2 * 2 ** 30 }],
    });
    expect(await done('issuer', 'list')).toContain('IIN        1.2.398       ISO');
    const journal = await archive.archive.database.query({
      text: `select kind, decided_by from journal_line where kind like '%-created' order by journal_line_id`,
    });
    expect(journal.rows.map((row) => row['kind'])).toEqual([
      'facility-created',
      'issuer-created',
      'device-created',
    ]);
    expect(journal.rows[0]?.['decided_by']).toMatch(/^command-line:/);
  });

  it('prints a key alone, once; it works until it is revoked', async () => {
    const made = await admin(
      'api-key',
      'create',
      '--role',
      'scanner',
      '--device',
      'CT2',
      '--name',
      'CT room 2',
    );
    expect(made.stdout).toMatch(/^sandyq_[a-z2-7]{16}_[a-z2-7]{52}\n$/);
    expect(made.stderr).toContain('shown this once');
    const headers = { Authorization: `Bearer ${made.stdout.trim()}` };
    expect(await storeOne(archive.url, image('2.11.1', 1, 1), { headers })).toMatchObject({ kind: 'stored' });

    const list = await admin('api-key', 'list');
    expect(list.stdout).toMatch(/CT room 2 {2}scanner {2}CITY1 {5}CT2/);
    expect(list.stdout).not.toContain(made.stdout.trim().split('_')[2]);
    const id = made.stdout.split('_')[1] ?? '';
    await done('api-key', 'revoke', id);
    expect((await admin('api-key', 'revoke', id)).code).toBe(1);
  });

  it('shows quarantine, exports, and decides only with --yes', async () => {
    const { stdout } = await admin('api-key', 'create', '--role', 'scanner', '--device', 'CT2');
    const headers = { Authorization: `Bearer ${stdout.trim()}` };
    await storeOne(archive.url, image('2.11.2', 1, 1), { headers });
    const newcomer = image('2.11.2', 1, 2);
    await storeOne(archive.url, newcomer, { headers });
    const listed = await json('quarantine', 'list', '--device', 'CT2');
    expect(listed).toMatchObject({
      entries: [{ reason: 'duplicate-sop-instance', device: 'CT2', state: 'open' }],
    });
    const [{ id }] = listed['entries'] as [{ id: number }];
    expect(await done('quarantine', 'show', String(id))).toContain('SOP instance  2.11.2.1.1');

    const folder = await mkdtemp(path.join(tmpdir(), 'sandyq-admin-'));
    const file = path.join(folder, 'newcomer.dcm');
    await done('quarantine', 'export', String(id), file);
    expect(await readFile(file)).toEqual(newcomer);
    expect(await admin('quarantine', 'export', String(id), file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is there already'),
    });
    await rm(folder, { recursive: true });

    expect(await admin('quarantine', 'accept', String(id), '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('use "replace"'),
    });
    const plan = await admin('quarantine', 'replace', String(id));
    expect(plan).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('would take SOP Instance UID 2.11.2.1.1'),
    });
    expect(plan.stderr).toContain('Repeat the command with --yes');
    expect(await json('quarantine', 'show', String(id))).toMatchObject({ state: 'open' });

    expect(await done('quarantine', 'replace', String(id), '--yes')).toContain(
      'is the one of quarantine entry',
    );
    expect(await json('quarantine', 'show', String(id))).toMatchObject({ state: 'accepted' });
    expect(await json('quarantine', 'list', '--state', 'replaced')).toMatchObject({
      entries: [{ sopInstanceUid: '2.11.2.1.1', state: 'replaced' }],
    });
    expect(await done('device', 'check', 'CT2')).toMatch(
      /last success {10}20\d\d-.*\nlast failure {10}20\d\d-/,
    );
  });

  it('judges quarantine again only with --yes', async () => {
    const { stdout } = await admin('api-key', 'create', '--role', 'scanner', '--device', 'CT2');
    const headers = { Authorization: `Bearer ${stdout.trim()}` };
    for (const pixel of [1, 2]) await storeOne(archive.url, image('2.11.4', 1, pixel), { headers });
    const plan = await admin('quarantine', 'judge-again');
    expect(plan).toMatchObject({ code: 1, stderr: expect.stringContaining('--yes') });
    expect(plan.stdout).toContain('would be compared once more');
    expect(await json('quarantine', 'judge-again', '--yes')).toEqual({
      equal: 0,
      corrections: 0,
      different: 1,
      inDoubt: 0,
      skipped: 0,
    });
    const { entries } = await json('quarantine', 'list');
    const [{ id }] = entries as [{ id: number }];
    expect(await done('quarantine', 'judge-again', String(id), '--yes')).toContain(
      'stays open: it is another instance',
    );
  });

  it('lists what is held back, and compares store and index', async () => {
    expect(await done('identity-conflicts', 'list')).toBe('None.\n');
    expect(await done('proposed-corrections', 'list')).toBe('None.\n');
    expect(await done('reconcile', '--dry-run')).toMatch(/\d+ segments in the store, 0 of them unknown/);
    expect(await json('reconcile')).toMatchObject({ dryRun: true, unknown: 0, damaged: [], missing: [] });
    expect(await json('reconcile', '--execute')).toMatchObject({ dryRun: false, unknown: 0, damaged: [] });
    expect(await done('damage', 'list')).toBe('None.\n');
    expect(await json('damage', 'list')).toEqual({
      segments: { missing: 0, damaged: 0 },
      damage: [],
      quarantine: [],
      objects: [],
    });
  });

  it('shows what the object store knows of decisions, and checks it', async () => {
    await doneWords('facility add --code CITY9 --name Ninth');
    expect(await json('journal', 'status')).toMatchObject({
      lastBatch: expect.stringMatching(/^journal\/0000000001\/\d{12}\.json$/),
      index: { state: 'caught-up' },
    });
    expect(await done('journal', 'verify')).toMatch(/^The journal is whole: \d+ batches with \d+ lines\.$/m);
    const { lines } = await json('journal', 'show', '--limit', '1000');
    expect(
      (lines as object[]).filter((line) => 'kind' in line && line.kind === 'facility-created'),
    ).toContainEqual(
      expect.objectContaining({ fact: expect.objectContaining({ code: 'CITY9', name: 'Ninth' }) }),
    );
    expect((await admin('journal', 'show', '--from', '1:1', '--limit', '1')).stdout).toContain('1:1');
    expect(await admin('journal', 'show', '--from', 'x')).toMatchObject({ code: 2 });
    expect(await done('journal', 'catch-up')).toContain('0 lines were unknown here, 0 gaps.');
    expect(await admin('journal', 'catch-up', '--accept-gaps')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('would be given up'),
    });
    const { objectStore } = archive.settings;
    if (objectStore.kind !== 'filesystem') throw new Error('a file is taken away here');
    const first = path.join(objectStore.root, 'journal/0000000001/000000000001.json');
    const bytes = await readFile(first);
    await rm(first);
    const damaged = await admin('journal', 'verify');
    await writeFile(first, bytes);
    expect(damaged).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('journal/0000000001/000000000001.json is missing'),
    });
  });

  it.each([
    [['facility', 'add', '--code', 'CITY1', '--name', 'again'], 1, 'a facility of this code already'],
    [['facility', 'add', '--code', 'no spaces', '--name', 'x'], 2, 'code must be 1 to 64 letters'],
    [['facility', 'add', '--code', 'C', '--name', 'x', '--assumed-character-set', 'klingon'], 2, 'KZ-1048'],
    [['device', 'add', '--facility', 'NOWHERE', '--code', 'X'], 1, 'There is no facility NOWHERE.'],
    [['device', 'check', 'NONE'], 1, 'There is no device NONE.'],
    [['api-key', 'create', '--role', 'scanner'], 2, 'a scanner needs a facility or a device'],
    [['api-key', 'create', '--role', 'king'], 2, 'Allowed choices are'],
    [['quarantine', 'show', '999999'], 1, 'There is no quarantine entry 999999.'],
    [['quarantine', 'show', 'x'], 2, 'must be a number'],
    [['quarantine', 'shwo'], 2, 'unknown command'],
  ])('answers %j with %i and a reason', async (args, code, reason) => {
    const result = await admin(...args);
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(reason) });
  });

  it('says what is wrong with the settings or the database', async () => {
    const settings = await runScript('admin.ts', ['facility', 'list'], { ...environment, SANDYQ_PORT: 'x' });
    expect(settings).toMatchObject({ code: 2, stderr: expect.stringContaining('SANDYQ_PORT is "x"') });
    const database = await runScript('admin.ts', ['facility', 'list'], {
      ...environment,
      DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
    });
    expect(database).toMatchObject({ code: 1, stderr: expect.stringContaining('is DATABASE_URL right?') });
  });
});

describe('npm run admin with the embedded database', () => {
  it('works before the first start, and beside the running archive', async () => {
    const data = await mkdtemp(path.join(tmpdir(), 'sandyq-alone-'));
    const alone = { SANDYQ_DATA: data, SANDYQ_AUTH: 'keys' };
    try {
      const run = (...args: string[]) => runScript('admin.ts', args, alone);
      expect(await run('facility', 'add', '--code', 'CITY1', '--name', 'City')).toMatchObject({
        code: 0,
        stderr: '',
      });
      const { stdout } = await run('api-key', 'create', '--role', 'scanner', '--facility', 'CITY1');
      const running = await startArchiveProcess('standalone', alone);
      try {
        const headers = { Authorization: `Bearer ${stdout.trim()}` };
        expect(await storeOne(running.url, image('2.11.3', 1, 1), { headers })).toMatchObject({
          kind: 'stored',
        });
        expect((await run('api-key', 'list', '--json')).stdout).toContain('"facility": "CITY1"');
      } finally {
        await running.stop();
      }
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });
});
