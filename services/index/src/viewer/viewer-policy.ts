/**
 * What the browser lets OHIF do (Content Security Policy Level 3): speak with this origin only, run its own scripts and WebAssembly. Both
 * policies isolate the page from others (COOP, COEP), which shared memory between its workers needs.
 */

const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
} as const;

const PAGE = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "connect-src 'self' blob: data:",
  "img-src 'self' blob: data:",
  // Its components write styles into the page.
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "media-src 'self' blob:",
  // Encapsulated PDF.
  "object-src 'self' blob:",
  "frame-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Headers of the page. */
export const PAGE_POLICY: Readonly<Record<string, string>> = {
  ...ISOLATED,
  'Content-Security-Policy': PAGE.join('; '),
};

/**
 * Headers of the files. A policy of a script counts where it is a worker: the decoders there make functions from text (Emscripten's
 * embind), and have no page that could be attacked.
 */
export const FILE_POLICY: Readonly<Record<string, string>> = {
  ...ISOLATED,
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'unsafe-eval'; connect-src 'self' blob: data:; worker-src 'self' blob:",
};
