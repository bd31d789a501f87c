/** What the layer check looks at: the packages of the workspace with their declarations, and every source file with its imports. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseSync } from 'oxc-parser';

/** One package of the workspace. */
export interface Package {
  /** `@sandyq/dicom` */
  readonly name: string;
  /** Relative to the root, with `/`: `packages/dicom`. */
  readonly folder: string;
  /** Names that its sources may import. */
  readonly dependencies: ReadonlySet<string>;
  /** Names that its tests may import besides. */
  readonly devDependencies: ReadonlySet<string>;
  /** Subpath (`.`, `./testing`) → file relative to the package; undefined = the package exports every file. */
  readonly exports: ReadonlyMap<string, string> | undefined;
}

/** One source file. */
export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly lines: number;
  /** Import specifiers as written, each once: static, re-exports, `import()` of a literal. */
  readonly imports: readonly string[];
}

/** The whole workspace. */
export interface Workspace {
  readonly packages: readonly Package[];
  readonly files: readonly SourceFile[];
  /** Development tools of the root package: tests, scripts and configurations may import them. */
  readonly rootDevDependencies: ReadonlySet<string>;
}

const GROUPS = ['packages', 'services'];
const SINGLE_PACKAGES = ['scripts', 'test'];
const SOURCE = /\.(?:ts|mts|js|mjs)$/;
const LEFT_OUT = new Set(['node_modules', 'generated', 'data']);

/** Reads the workspace below this folder. */
export async function readWorkspace(root: string): Promise<Workspace> {
  const groups = await Promise.all(GROUPS.map((group) => subfolders(root, group)));
  const folders = [...groups.flat(), ...SINGLE_PACKAGES];
  const packages = await Promise.all(folders.map((folder) => readPackage(root, folder)));
  const paths = await Promise.all(folders.map((folder) => sourcePaths(root, folder)));
  const rootManifest = await readManifest(root, '.');
  return {
    packages: packages.filter((one) => one !== undefined),
    files: await Promise.all(
      paths
        .flat()
        .sort()
        .map((file) => readSource(root, file)),
    ),
    rootDevDependencies: new Set(Object.keys(rootManifest?.devDependencies ?? {})),
  };
}

interface Manifest {
  readonly name: string;
  readonly exports?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

async function readManifest(root: string, folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8'));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function readPackage(root: string, folder: string): Promise<Package | undefined> {
  const manifest = await readManifest(root, folder);
  if (manifest === undefined) return undefined;
  return {
    name: manifest.name,
    folder,
    dependencies: new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })),
    devDependencies: new Set(Object.keys(manifest.devDependencies ?? {})),
    exports: manifest.exports && new Map(Object.entries(manifest.exports)),
  };
}

async function readSource(root: string, file: string): Promise<SourceFile> {
  const text = await readFile(path.join(root, file), 'utf8');
  return { path: file, lines: text.split('\n').length - 1, imports: importsOf(file, text) };
}

/** The import specifiers of a source text. Type-only imports count: they tie packages together as well. */
export function importsOf(file: string, text: string): string[] {
  const { module } = parseSync(file, text);
  const fixed = module.staticImports.map(({ moduleRequest }) => moduleRequest.value);
  const passedOn = module.staticExports.flatMap(({ entries }) =>
    entries.map((entry) => entry.moduleRequest?.value),
  );
  const dynamic = module.dynamicImports.map(({ moduleRequest }) =>
    literal(text.slice(moduleRequest.start, moduleRequest.end)),
  );
  return [...new Set([...fixed, ...passedOn, ...dynamic].filter((specifier) => specifier !== undefined))];
}

function literal(expression: string): string | undefined {
  return /^(['"`])([^'"`$]*)\1$/.exec(expression)?.[2];
}

async function subfolders(root: string, group: string): Promise<string[]> {
  const entries = await list(path.join(root, group));
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${group}/${entry.name}`);
}

async function sourcePaths(root: string, folder: string): Promise<string[]> {
  const entries = await list(path.join(root, folder));
  const files = entries.filter((entry) => entry.isFile() && SOURCE.test(entry.name));
  const folders = entries.filter((entry) => entry.isDirectory() && !LEFT_OUT.has(entry.name));
  const below = await Promise.all(folders.map((entry) => sourcePaths(root, `${folder}/${entry.name}`)));
  return [...files.map((entry) => `${folder}/${entry.name}`), ...below.flat()];
}

async function list(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
