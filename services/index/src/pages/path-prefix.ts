/** Under which path browsers find the archive. */

/** `/`, or the path of the public address: `/archive/` for `https://host/archive`. A reverse proxy takes it away again. */
export function pathPrefixOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? '/' : `${new URL(publicUrl).pathname.replace(/\/+$/, '')}/`;
}
