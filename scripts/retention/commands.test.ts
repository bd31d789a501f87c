/** The commands of retention on an archive: what they show, and what they say of what cannot be done. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { operatorOf } from '@sandyq/service';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../test/support/api-keys.ts';
import { mustStore } from '../../test/support/dicomweb.ts';
import { makeNativeImage } from '../../test/support/made-instances.ts';
import { startArchive, type TestArchive } from '../../test/support/start-archive.ts';
import { act, type RunActing } from './acting.ts';
import { certificatesCommand, verifyCertificateCommand } from './certificate-command.ts';
import { coldCommand } from './cold-command.ts';
import { explainCommand } from './explain-command.ts';
import { holdsCommand } from './hold-command.ts';
import { linksCommand } from './link-command.ts';
import { planCommand, plansCommand, showCommand } from './plan-command.ts';
import { factsCommand, programmesCommand } from './register-command.ts';
import { rejectCommand, rejectionsCommand } from './reject-command.ts';
import { reportCommand } from './report-command.ts';

const STUDY = '2.25.7301';
const COMMANDS = [
  certificatesCommand,
  verifyCertificateCommand,
  coldCommand,
  explainCommand,
  holdsCommand,
  linksCommand,
  planCommand,
  plansCommand,
  showCommand,
  factsCommand,
  programmesCommand,
  rejectCommand,
  rejectionsCommand,
  reportCommand,
];

let archive: TestArchive;
let folder: string;
let keys: { readonly manager: string; readonly one: string; readonly namesake: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandyq-retention-commands-'));
  archive = await startArchive();
  const { database } = archive.archive;
  keys = {
    manager: await createKey(database, { roles: ['manager'] }),
    one: await createKey(database, { roles: ['administrator'] }),
    namesake: await createKey(database, { roles: ['administrator'] }),
  };
  for (const number of [1, 2])
    await mustStore(
      archive.url,
      makeNativeImage(
        { studyInstanceUid: STUDY, seriesInstanceUid: `${STUDY}.1`, sopInstanceUid: `${STUDY}.1.${number}` },
        { rows: 8, columns: 8, pixels: Buffer.alloc(128, number) },
      ).bytes,
    );
});

afterAll(async () => {
  await archive?.stop();
  await rm(folder, { recursive: true });
});

interface Said {
  readonly code: number | undefined;
  readonly printed: string;
  readonly noted: string;
}

/** Runs a command with the archive of the test; rejects with what it throws. */
async function retention(args: readonly string[], key?: string): Promise<Said> {
  let [code, printed, noted]: [number | undefined, string, string] = [undefined, '', ''];
  const terminal = {
    print: (text: string) => void (printed += `${text}\n`),
    note: (text: string) => void (noted += `${text}\n`),
  };
  const principal =
    key === undefined ? undefined : await operatorOf(archive.archive.database, `Bearer ${key}`);
  const actor = { principalId: principal?.id ?? 'command-line:test', isOperator: principal !== undefined };
  const run: RunActing = async (work) => {
    code = await work({ archive: archive.archive, decidedBy: actor.principalId, actor, terminal });
  };
  const program = new Command('retention');
  for (const command of COMMANDS) program.addCommand(command(run));
  quiet(program);
  await program.parseAsync(args, { from: 'user' });
  return { code, printed, noted };
}

function quiet(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  for (const one of command.commands) quiet(one);
}

const words = (text: string) => text.split(' ');

async function file(name: string, content: string | Buffer): Promise<string> {
  const written = path.join(folder, name);
  await writeFile(written, content);
  return written;
}

describe('lists', () => {
  it.each(['holds list', 'facts list', 'programmes list', 'links list', 'links candidates', 'plans'])(
    '%s: says None. when there is nothing',
    async (command) => {
      expect(await retention(words(command))).toMatchObject({ code: 0, printed: 'None.\n' });
    },
  );

  it('name people by their keys, with the id where two have one name; JSON has the id', async () => {
    const add = (programme: string) => ['programmes', 'add', STUDY, programme];
    await retention(add('by-manager'), keys.manager);
    await retention(add('by-one'), keys.one);
    await retention(add('by-terminal'));
    const id = (key: string) => key.split('_')[1] ?? '';
    const list = async () => (await retention(['programmes', 'list'])).printed.split('\n');
    expect((await list()).find((line) => line.includes('by-manager'))).toMatch(/ {2}manager$/);
    expect((await list()).find((line) => line.includes('by-one'))).toMatch(/ {2}administrator$/);
    expect((await list()).find((line) => line.includes('by-terminal'))).toMatch(/ {2}command-line:test$/);
    await retention(add('by-namesake'), keys.namesake);
    expect((await list()).find((line) => line.includes('by-one'))).toContain(
      `administrator (${id(keys.one)})`,
    );
    const { printed } = await retention(['programmes', 'list', '--programme', 'by-one', '--json']);
    expect(JSON.parse(printed)).toMatchObject({ programmes: [{ registeredBy: id(keys.one) }] });
  });
});

describe('reject', () => {
  const reject = (reason: string, ...more: string[]) =>
    retention(['reject', STUDY, '--reason', reason, '--comment', 'test exposure', ...more], keys.manager);

  it.each(['quality', '113001'])('takes the reason as a word or as its code: %s', async (reason) => {
    expect(await reject(reason)).toMatchObject({ code: 1, printed: 'It would hide 2 instances.\n' });
  });

  it('names both for another one', async () => {
    await expect(reject('113000')).rejects.toThrow('quality (or 113001), safety (or 113037)');
  });

  it('prints JSON of a dry run, too', async () => {
    const { code, printed, noted } = await reject('safety', '--json');
    expect([code, JSON.parse(printed)]).toEqual([1, { instances: 2 }]);
    expect(noted).toContain('--execute');
  });

  it('is listed with its meaning and who did it', async () => {
    expect((await reject('113038', '--execute')).code).toBe(0);
    const { printed } = await retention(['rejections']);
    expect(printed).toContain('Incorrect Modality Worklist Entry');
    expect(printed).toMatch(/ {2}manager {2}/);
  });
});

describe('what cannot be done is said with what is wrong and where', () => {
  const hold = ['holds', 'place', '--reason', 'a', '--authority', 'b', '--owner', 'c'];
  const placing = [...hold, '--review-on', '2099-01-31'];

  it.each([
    ['facts import', ['facts', 'import', '/nope.csv']],
    ['programmes import', ['programmes', 'import', '/nope.csv']],
    ['holds place --studies-file', [...placing, '--studies-file', '/nope.csv']],
    ['holds place --where-file', [...placing, '--where-file', '/nope.csv']],
    ['verify-certificate', ['verify-certificate', '/nope.csv']],
    ['explain --schedule', ['explain', STUDY, '--schedule', '/nope.csv/nope.yaml']],
  ])('%s: of a file that there is not', async (_, args) => {
    await expect(retention(args, keys.manager)).rejects.toThrow(
      /^The file \/nope\S+ cannot be read: there is no/,
    );
  });

  it('of a line of a list of studies', async () => {
    const list = await file('studies.txt', '# the case\n1.2.3\n\n1.2.x\n');
    await expect(retention([...placing, '--studies-file', list], keys.manager)).rejects.toThrow(
      `Line 4 of ${list} is no Study Instance UID`,
    );
    expect((await retention(['holds', 'list'])).printed).toBe('None.\n');
  });

  it.each([
    ['issuer;patient_id\n', 'Line 1 of the file must name the column issuer, patient_id, kind, on, source'],
    ['issuer,patient_id,kind,on,source\ndefault,1,birt,1999-01-01,x\n', 'Line 2 of the file: The kind must'],
    [
      'issuer,patient_id,kind,on,source\ndefault,1,birth,1999-01-01,x\nnorth,1,birth,1999-01-01,x\n',
      'Line 3 of the file: there is no issuer north',
    ],
    [Buffer.from('issuer,patient_id,kind,on,source\n\xc4,', 'latin1'), 'it is not UTF-8'],
  ])('of a register: %j', async (content, message) => {
    const register = await file('facts.csv', content);
    const refused = retention(['facts', 'import', register], keys.manager);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(register);
    expect((await retention(['facts', 'list'])).printed).toBe('None.\n');
  });

  it.each([
    'show nope',
    'certificates nope',
    'report nope',
    'show 01a20439-0000-7000-8000-000000000001',
    'certificates 01a20439-0000-7000-8000-000000000001',
  ])('of a plan: %s', async (command) => {
    await expect(retention(words(command))).rejects.toThrow(/there is no plan/i);
  });

  it.each(['facts withdraw nope', 'facts list --after nope', 'plans --before nope', 'holds list --after 1'])(
    'of an id: %s',
    async (command) => {
      await expect(retention(words(command))).rejects.toThrow('It must be an id, as the list shows it.');
    },
  );

  it('of a study that is not here', async () => {
    await expect(retention(words('cold recall 1.2.3'))).rejects.toThrow('The archive has no such study.');
    await expect(retention(words('explain 1.2.3'))).rejects.toThrow('no study 1.2.3');
  });

  it('of a public key, and not of the certificate', async () => {
    const certificate = await file('certificate.json', '{}');
    const key = await file('public.pem', 'no key\n');
    await expect(retention(['verify-certificate', certificate, '--public-key', key])).rejects.toThrow(
      `${key} is no public key`,
    );
  });
});

describe("an operator's key", () => {
  const acted = async (keyFile: string | undefined, key = '') =>
    act(
      {
        DATABASE_URL: archive.testDatabase.connectionString,
        SANDYQ_DATA: archive.settings.dataFolder,
        SANDYQ_OPERATOR_KEY: key,
      },
      { terminal: { print: () => undefined, note: () => undefined }, keyFile },
      ({ actor }) => Promise.resolve(actor.isOperator ? 0 : 1),
    );

  it('is that of the file, else that of the environment, else nobody has one', async () => {
    expect(await acted(await file('manager.key', `${keys.manager}\n`), 'nonsense')).toBe(0);
    expect(await acted(undefined, keys.one)).toBe(0);
    expect(await acted(undefined)).toBe(1);
  });

  it.each([
    ['', 'That is no API key'],
    ['sandyq_short', 'That is no API key'],
    [`sandyq_${'a'.repeat(16)}_${'a'.repeat(52)}`, 'This archive has no such API key'],
  ])('that does not hold makes nobody of whoever names it: %j', async (content, message) => {
    const keyFile = await file('wrong.key', content);
    await expect(acted(keyFile)).rejects.toThrow(`The key file ${keyFile} cannot be used. ${message}`);
  });

  it('is said to come from where it does', async () => {
    await expect(acted('/nope.key')).rejects.toThrow('The file /nope.key cannot be read');
    await expect(acted(undefined, 'nonsense')).rejects.toThrow('SANDYQ_OPERATOR_KEY cannot be used.');
  });
});
