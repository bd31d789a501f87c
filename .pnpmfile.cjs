/**
 * What pnpm changes in packages that it installs.
 *
 * `@ohif/app` is used for the built viewer in its `dist` alone (docs/decisions/0024): the packages it was built from are not
 * installed.
 */
function readPackage(manifest) {
  if (manifest.name !== '@ohif/app') return manifest;
  return { ...manifest, dependencies: {}, optionalDependencies: {}, peerDependencies: {}, engines: {} };
}

module.exports = { hooks: { readPackage } };
