/** Which package may import which. The order is the architecture: docs/architecture.md explains it. */

/** A package imports packages of earlier lines only. */
const PACKAGE_LAYERS: readonly (readonly string[])[] = [
  ['telemetry', 'dicom'],
  ['storage', 'pixel-data', 'dicomweb', 'auth', 'retention'],
  ['database', 'audit'],
  ['indexing', 'http'],
  ['disposition'],
  ['service'],
];

/** The one service that mounts the others. */
const MOUNTS_SERVICES = 'services/standalone';

/** Why the package in one folder may not import the package in the other; undefined = it may. */
export function forbiddenEdge(from: string, to: string): string | undefined {
  if (from === to) return undefined;
  const [fromKind = ''] = from.split('/');
  const [toKind = ''] = to.split('/');
  if (fromKind === 'test') return undefined;
  if (toKind === 'test') return 'only tests import test/';
  if (fromKind === 'scripts') return undefined;
  if (toKind === 'scripts') return 'only tests import scripts/';
  if (fromKind === 'services') return toKind === 'services' ? betweenServices(from) : undefined;
  if (toKind === 'services') return 'a package never imports a service';
  return betweenPackages(from, to);
}

function betweenServices(from: string): string | undefined {
  return from === MOUNTS_SERVICES
    ? undefined
    : `a service never imports another one (only ${MOUNTS_SERVICES} does)`;
}

function betweenPackages(from: string, to: string): string | undefined {
  const fromLayer = layerOf(from);
  const toLayer = layerOf(to);
  if (fromLayer === -1 || toLayer === -1) {
    return `${fromLayer === -1 ? from : to} has no layer yet: give it one in scripts/layers/direction.ts`;
  }
  return toLayer < fromLayer ? undefined : 'it is in the same or a later layer';
}

function layerOf(folder: string): number {
  const name = folder.split('/')[1] ?? '';
  return PACKAGE_LAYERS.findIndex((layer) => layer.includes(name));
}
