import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { checkLayers } from './layer-check.ts';
import { importsOf } from './layers/workspace.ts';

const roots: string[] = [];

afterEach(async () => {
  await Promise.all(roots.splice(0).map((root) => rm(root, { recursive: true })));
});

/** A workspace of `dicom`, `storage`, `database`, `audit`, two services and a test folder, all in order, with changes planted in it. */
async function workspaceWith(planted: Record<string, string>): Promise<string> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'sandyq-layers-'));
  roots.push(root);
  const files = { ...sound(), ...planted };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
  return root;
}

function sound(): Record<string, string> {
  return {
    'package.json': manifest('sandyq', [], { devDependencies: { vitest: '5' } }),
    'packages/dicom/package.json': manifest('@sandyq/dicom'),
    'packages/dicom/src/index.ts': "export { tag } from './tag.ts';\n",
    'packages/dicom/src/tag.ts': "import { format } from 'node:util';\nexport const tag = format('');\n",
    'packages/storage/package.json': manifest('@sandyq/storage', ['@sandyq/dicom', 'minio']),
    'packages/storage/src/index.ts':
      "import 'minio';\nimport type { tag } from '@sandyq/dicom';\nexport type T = typeof tag;\n",
    'packages/storage/src/index.test.ts':
      "import { it } from 'vitest';\nimport '../../../test/support/store.ts';\nit('', () => {});\n",
    'packages/database/package.json': manifest('@sandyq/database', ['@sandyq/storage']),
    'packages/audit/package.json': manifest('@sandyq/audit', ['@sandyq/storage']),
    'services/ingest/package.json': manifest('@sandyq/ingest', ['@sandyq/storage']),
    'services/ingest/src/index.ts': "export const load = () => import('@sandyq/storage');\n",
    'services/standalone/package.json': manifest('@sandyq/standalone', ['@sandyq/ingest']),
    'services/standalone/src/index.ts': "export { load } from '@sandyq/ingest';\n",
    'test/package.json': manifest('@sandyq/test', ['@sandyq/storage']),
    'test/support/store.ts': "import '@sandyq/storage';\nimport 'vitest';\n",
  };
}

function manifest(name: string, dependencies: string[] = [], more: object = {}): string {
  const versions = Object.fromEntries(dependencies.map((dependency) => [dependency, '*']));
  return JSON.stringify({ name, exports: { '.': './src/index.ts' }, dependencies: versions, ...more });
}

async function faultsOf(planted: Record<string, string>): Promise<string[]> {
  const violations = await checkLayers(await workspaceWith(planted));
  return violations.map(({ rule, where }) => `${rule} ${where}`).sort();
}

it('finds nothing in a sound workspace', async () => {
  expect(await faultsOf({})).toEqual([]);
});

it.each([
  ['an earlier layer imports a later one', 'packages/dicom', '@sandyq/storage'],
  ['two packages of one layer', 'packages/storage', '@sandyq/auth'],
  ['database and audit, side by side', 'packages/database', '@sandyq/audit'],
  ['a package imports a service', 'packages/audit', '@sandyq/ingest'],
  ['a service imports another service', 'services/ingest', '@sandyq/standalone'],
  ['a service imports the tests', 'services/ingest', '@sandyq/test'],
])('refuses a planted edge: %s', async (_case, from, to) => {
  const faults = await faultsOf({
    'packages/auth/package.json': manifest('@sandyq/auth'),
    [`${from}/src/planted.ts`]: `import type { anything } from '${to}';\nexport type X = typeof anything;\n`,
  });
  expect(faults).toEqual([`direction ${from}/src/planted.ts`]);
});

it('refuses a forbidden edge that is only declared', async () => {
  const faults = await faultsOf({
    'packages/dicom/package.json': manifest('@sandyq/dicom', ['@sandyq/storage']),
  });
  expect(faults).toEqual(['direction packages/dicom/package.json']);
});

it('refuses a package without a layer', async () => {
  const faults = await faultsOf({
    'packages/stray/package.json': manifest('@sandyq/stray', ['@sandyq/dicom']),
  });
  expect(faults).toEqual(['direction packages/stray/package.json']);
});

it('refuses a planted cycle, also through a type import and a dynamic one', async () => {
  const violations = await checkLayers(
    await workspaceWith({
      'packages/dicom/src/a.ts': "import type { B } from './b.ts';\nexport type A = B;\n",
      'packages/dicom/src/b.ts': "export * from './c.ts';\nexport type B = 1;\n",
      'packages/dicom/src/c.ts': "export const c = () => import('./a.ts');\n",
    }),
  );
  const folder = 'packages/dicom/src';
  expect(violations).toEqual([
    {
      rule: 'cycle',
      where: `${folder}/a.ts`,
      message: ['a', 'b', 'c', 'a'].map((name) => `${folder}/${name}.ts`).join(' → '),
    },
  ]);
});

it('refuses what is not declared: from npm, of ours, and development tools outside tests', async () => {
  const faults = await faultsOf({
    'packages/dicom/src/npm.ts': "import 'left-pad';\n",
    'packages/dicom/src/tool.ts': "import 'vitest';\n",
    'services/ingest/src/ours.ts': "import '@sandyq/dicom';\n",
  });
  expect(faults).toEqual([
    'undeclared packages/dicom/src/npm.ts',
    'undeclared packages/dicom/src/tool.ts',
    'undeclared services/ingest/src/ours.ts',
  ]);
});

it('refuses paths into another package, by name and by dots', async () => {
  const faults = await faultsOf({
    'packages/storage/src/deep.ts': "import '@sandyq/dicom/src/tag.ts';\n",
    'packages/storage/src/dots.ts': "import '../../dicom/src/tag.ts';\n",
    'packages/storage/src/support.ts': "import '../../../test/support/store.ts';\n",
  });
  expect(faults).toEqual([
    'deep-path packages/storage/src/deep.ts',
    'outside-package packages/storage/src/dots.ts',
    'outside-package packages/storage/src/support.ts',
  ]);
});

it('refuses a file of more than 300 lines, generated ones left out', async () => {
  const faults = await faultsOf({
    'packages/dicom/src/fits.ts': '\n'.repeat(300),
    'packages/dicom/src/long.ts': '\n'.repeat(301),
    'packages/dicom/src/generated/table.ts': '\n'.repeat(5000),
  });
  expect(faults).toEqual(['size packages/dicom/src/long.ts']);
});

it('reads imports as the language does, not by their looks', () => {
  const text = [
    "import a, { type B } from 'one'; // import 'comment'",
    "export { type C } from 'two';",
    'const text = "import \'string\'";',
    "void import('three'); void import(text);",
    "import 'one';",
  ].join('\n');
  expect(importsOf('x.ts', text)).toEqual(['one', 'two', 'three']);
});
