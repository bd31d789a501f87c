/**
 * Checks that the tree keeps its shape: direction between packages, declared dependencies, package roots only, no import
 * cycles, no file beyond 300 lines. `node scripts/layer-check.ts` prints what is wrong and exits 1.
 */
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { findCycles } from './layers/cycles.ts';
import { forbiddenEdge } from './layers/direction.ts';
import { type Package, readWorkspace, type SourceFile, type Workspace } from './layers/workspace.ts';

/** One fault. */
export interface Violation {
  readonly rule: 'direction' | 'undeclared' | 'deep-path' | 'outside-package' | 'cycle' | 'size';
  /** Where: a path relative to the root. */
  readonly where: string;
  readonly message: string;
}

const LONGEST_FILE_LINES = 300;
/** Tests of packages and services may use it: databases and object stores to test against. */
const TEST_SUPPORT = 'test/support/';
const TEST_FILE = /\.test\.ts$|\/testing\//;

/** Every fault of the workspace below this folder; empty = in order. */
export async function checkLayers(root: string): Promise<Violation[]> {
  const workspace = await readWorkspace(root);
  const violations: Violation[] = workspace.packages.flatMap((one) => declaredEdges(one, workspace));
  const edges = new Map<string, string[]>();
  const known = new Set(workspace.files.map((file) => file.path));
  for (const file of workspace.files) {
    if (file.lines > LONGEST_FILE_LINES) {
      const message = `${file.lines} lines, at most ${LONGEST_FILE_LINES}: split it`;
      violations.push({ rule: 'size', where: file.path, message });
    }
    const resolved = file.imports.map((specifier) => checkImport(file, specifier, workspace));
    violations.push(...resolved.flatMap(({ violation }) => violation ?? []));
    edges.set(
      file.path,
      resolved.flatMap(({ target }) => (target !== undefined && known.has(target) ? [target] : [])),
    );
  }
  const cycles = findCycles(edges).map((files): Violation => {
    return { rule: 'cycle', where: files[0] ?? '', message: files.join(' → ') };
  });
  return [...violations, ...cycles];
}

/** A dependency declared in package.json against the direction is wrong even before it is imported. */
function declaredEdges(from: Package, { packages }: Workspace): Violation[] {
  const declared = new Set([...from.dependencies, ...from.devDependencies]);
  return packages
    .filter((to) => declared.has(to.name))
    .flatMap((to) => {
      const reason = forbiddenEdge(from.folder, to.folder);
      if (reason === undefined) return [];
      const message = `declares ${to.name}: ${reason}`;
      return [{ rule: 'direction', where: `${from.folder}/package.json`, message } as const];
    });
}

interface CheckedImport {
  readonly violation?: Violation;
  /** The imported file, if it is one of ours. */
  readonly target?: string;
}

function checkImport(file: SourceFile, specifier: string, workspace: Workspace): CheckedImport {
  if (isBuiltin(specifier)) return {};
  const from = workspace.packages.find(({ folder }) => file.path.startsWith(`${folder}/`));
  if (from === undefined) return {};
  if (specifier.startsWith('.')) return checkRelative(file, specifier, from);
  const name = packageNameOf(specifier);
  const to = workspace.packages.find((one) => one.name === name);
  const reason = to && forbiddenEdge(from.folder, to.folder);
  if (reason !== undefined) return fault('direction', file, `imports ${specifier}: ${reason}`);
  if (!mayImport(file, from, name, workspace)) {
    return fault('undeclared', file, `imports ${name}, which ${from.folder}/package.json does not declare`);
  }
  return to === undefined ? {} : resolveExport(file, specifier, to);
}

function checkRelative(file: SourceFile, specifier: string, from: Package): CheckedImport {
  const target = path.posix.join(path.posix.dirname(file.path), specifier);
  const inside = target.startsWith(`${from.folder}/`);
  if (inside || (TEST_FILE.test(file.path) && target.startsWith(TEST_SUPPORT))) return { target };
  return fault('outside-package', file, `imports ${target}: reach other packages by their name`);
}

function mayImport(file: SourceFile, from: Package, name: string, workspace: Workspace): boolean {
  if (from.dependencies.has(name) || from.name === name) return true;
  const isTool = from.folder === 'scripts' || from.folder === 'test' || TEST_FILE.test(file.path);
  return isTool && (from.devDependencies.has(name) || workspace.rootDevDependencies.has(name));
}

function resolveExport(file: SourceFile, specifier: string, to: Package): CheckedImport {
  const subpath = `.${specifier.slice(to.name.length)}`;
  const exported = to.exports === undefined ? subpath : to.exports.get(subpath);
  if (exported !== undefined) return { target: path.posix.join(to.folder, exported) };
  return fault('deep-path', file, `imports ${specifier}: not among the exports of ${to.folder}/package.json`);
}

function packageNameOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function fault(rule: Violation['rule'], file: SourceFile, message: string): CheckedImport {
  return { violation: { rule, where: file.path, message } };
}

if (import.meta.main) {
  const violations = await checkLayers(path.dirname(import.meta.dirname));
  for (const { rule, where, message } of violations) console.log(`${where}: ${message} (${rule})`);
  if (violations.length > 0) process.exitCode = 1;
}
