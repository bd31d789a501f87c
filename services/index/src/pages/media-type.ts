/** Media types of the files of pages and viewer, by the end of their names. */

interface FileType {
  readonly contentType: string;
  /** Whether compressing it again is worth the time. */
  readonly isCompressible: boolean;
}

const TYPES: Readonly<Record<string, FileType>> = {
  html: { contentType: 'text/html; charset=utf-8', isCompressible: true },
  js: { contentType: 'text/javascript; charset=utf-8', isCompressible: true },
  css: { contentType: 'text/css; charset=utf-8', isCompressible: true },
  json: { contentType: 'application/json', isCompressible: true },
  jsonc: { contentType: 'application/json', isCompressible: true },
  svg: { contentType: 'image/svg+xml', isCompressible: true },
  xml: { contentType: 'application/xml', isCompressible: true },
  md: { contentType: 'text/plain; charset=utf-8', isCompressible: true },
  wasm: { contentType: 'application/wasm', isCompressible: true },
  ico: { contentType: 'image/x-icon', isCompressible: false },
  png: { contentType: 'image/png', isCompressible: false },
  jpg: { contentType: 'image/jpeg', isCompressible: false },
  gif: { contentType: 'image/gif', isCompressible: false },
  woff2: { contentType: 'font/woff2', isCompressible: false },
};

const UNKNOWN: FileType = { contentType: 'application/octet-stream', isCompressible: false };

/** The type of a file. */
export function fileTypeOf(name: string): FileType {
  return TYPES[/\.([a-z0-9]+)$/.exec(name)?.[1] ?? ''] ?? UNKNOWN;
}
