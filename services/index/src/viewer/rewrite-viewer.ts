/**
 * OHIF is built to be served from the root of a host. This moves its files under another path while they are served: the public path of
 * webpack, and addresses in styles.
 */

/** Changes with what the functions here do: part of the address of the files. */
export const REWRITING = 'v1';

/** Whether a file holds addresses. */
export function isRewritten(name: string): boolean {
  return /\.(js|css)$/.test(name);
}

/** A mistake in OHIF that would keep people from their pictures; corrected while it is served. */
interface Correction {
  readonly wrong: string;
  readonly right: string;
}

/** Each is found in the installed version; a test says so, that a new version is looked at again. */
export const CORRECTIONS: readonly Correction[] = [
  // One study without any modality (an empty element has no Value, PS3.18 §F.2.5) made the whole list of studies fail.
  {
    wrong: 'i < ModalitiesInStudy.Value.length;',
    right: 'i < (ModalitiesInStudy.Value ?? []).length;',
  },
];

/** The file's text with its addresses below `base`, which begins and ends with a slash, and with {@link CORRECTIONS}. */
export function rewriteViewerFile(name: string, text: string, base: string): string {
  if (name.endsWith('.css')) return text.replaceAll(/url\(\/(?!\/)/g, () => `url(${base}`);
  const moved = text
    .replaceAll('__webpack_require__.p = "/";', () => `__webpack_require__.p = ${JSON.stringify(base)};`)
    .replaceAll("browserImportFunction('/", () => `browserImportFunction('${base}`);
  return CORRECTIONS.reduce((before, { wrong, right }) => before.replaceAll(wrong, () => right), moved);
}

/** The script and the style that OHIF's page begins with. Throws if its page is of another make. */
export function entriesOf(page: string): { readonly script: string; readonly style: string } {
  const script = /<script defer src="\/([^"]+\.js)">/.exec(page)?.[1];
  const style = /<link href="\/([^"]+\.css)" rel="stylesheet">/.exec(page)?.[1];
  if (script === undefined || style === undefined) {
    throw new TypeError('the page of @ohif/app does not name its script and style as known');
  }
  return { script, style };
}
