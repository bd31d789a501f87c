import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTree, inTree, nameHost, packageVersions, treeAccount } from './debian-tree.ts';

const STATUS = `Package: base-files
Status: install ok installed
Version: 13.8

Package: orthanc
Status: install ok installed
Priority: optional
Version: 1.12.7+dfsg-4

Package: orthanc-dicomweb
Status: deinstall ok config-files
Version: 1.19

Package: postgresql-17
Status: install ok installed
Version: 17.11-0+deb13u1

Package: postgresql-client-17
Status: install ok installed
Version: 17.11-0+deb13u1
`;

let cache: string;

beforeAll(async () => {
  cache = await realpath(await mkdtemp(join(tmpdir(), 'sandyq-peer-test-')));
});

afterAll(() => rm(cache, { recursive: true, force: true }));

async function makeTree(release: string) {
  const root = join(cache, release);
  for (const folder of ['usr/sbin', 'etc', 'var/lib/dpkg'])
    await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, 'usr/sbin/Orthanc'), '');
  await writeFile(join(root, 'var/lib/dpkg/status'), STATUS);
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/:/bin/sh\northanc:x:101:103:Orthanc:/:/bin/sh\n',
  );
  return { root, release };
}

describe('finding a tree', () => {
  it('takes the newest release that is whole', async () => {
    expect(await findTree(cache)).toBeUndefined();
    await mkdir(join(cache, 'trixie.unfinished/usr/sbin'), { recursive: true });
    expect(await findTree(cache)).toBeUndefined();
    const older = await makeTree('bookworm');
    expect(await findTree(cache)).toEqual(older);
    const newer = await makeTree('trixie');
    expect(await findTree(cache)).toEqual(newer);
  });
});

it('names the packages that are installed', async () => {
  const tree = await makeTree('trixie');
  expect(await packageVersions(tree)).toEqual(['orthanc 1.12.7+dfsg-4', 'postgresql-17 17.11-0+deb13u1']);
});

it('runs programs under an account of the tree, not of this machine', async () => {
  const tree = await makeTree('trixie');
  const account = await treeAccount(tree, 'orthanc');
  expect(account).toEqual({ uid: 101, gid: 103 });
  await expect(treeAccount(tree, 'postgres')).rejects.toMatchObject({ code: 'peer-start' });
  const command = ['chroot', '--userspec=101:103', '--groups=103', tree.root, '/usr/sbin/Orthanc', 'x.json'];
  expect(inTree(tree, account, ['/usr/sbin/Orthanc', 'x.json'])).toEqual(command);
});

it('gives the machine its name in the tree', async () => {
  const tree = await makeTree('trixie');
  await nameHost(tree);
  expect(await readFile(join(tree.root, 'etc/hosts'), 'utf8')).toContain(`127.0.1.1 ${hostname()}\n`);
});
