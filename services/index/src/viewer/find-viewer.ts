/** Where OHIF is installed, and which of its files are served: a table made once, so that no request names a file by itself. */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';

/** OHIF as it is installed. */
export interface InstalledViewer {
  readonly version: string;
  /** Digest of everything the served bytes depend on but the path prefix: part of their address, so they never change. */
  readonly build: string;
  /** The page that OHIF was built with; names its first script and style. */
  readonly page: string;
  /** Absolute paths by their name in `dist`, e.g. `assets/images/CT-Bone.png`. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * What of `dist` is not served: the ONNX runtime (139 MB; segments with models from the Internet), the microscopy viewer (20 MB),
 * source maps, service workers (they load code from elsewhere), and files of ours take the place of its page and configuration.
 */
const LEFT_OUT = [
  /^ort\//,
  /^dicom-microscopy-viewer\//,
  /\.map$/,
  /(^|\/)(sw|init-service-worker|google)\.js$/,
  /\.html$/,
  /^(app-config\.js|_headers|_redirects|serve\.json|manifest\.json|oidc-client\.min\.js|silent-refresh\.html)$/,
];

/** Reads the installation; undefined where `@ohif/app` is not installed. `rewriting` names how files are changed when served. */
export async function findViewer(
  rewriting: string,
  manifestPath: string | undefined = manifestOfViewer(),
): Promise<InstalledViewer | undefined> {
  if (manifestPath === undefined) return undefined;
  const dist = join(dirname(manifestPath), 'dist');
  const { version } = JSON.parse(await readFile(manifestPath, 'utf8')) as { version: string };
  const page = await readFile(join(dist, 'index.html'), 'utf8');
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  const files = new Map<string, string>();
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(dist, path).split(sep).join('/');
    if (entry.isFile() && !LEFT_OUT.some((form) => form.test(name))) files.set(name, path);
  }
  const build = hash('sha256', `${version}\n${page}\n${rewriting}`, 'hex').slice(0, 16);
  return { version, build, page, files };
}

function manifestOfViewer(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('@ohif/app/package.json');
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
