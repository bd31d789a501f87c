/** The page and the configuration of OHIF for this archive: one DICOMweb source at the same origin, nothing from elsewhere. */
import { entriesOf } from './rewrite-viewer.ts';

/** Where things are; each begins and ends with a slash. */
export interface ViewerPlaces {
  /** Path prefix of the archive: `/` unless its public address has a path. */
  readonly root: string;
  /** Where OHIF's own files are. */
  readonly files: string;
}

/** OHIF's page, without inline scripts. `page` is the one it was built with. */
export function viewerPage(page: string, { root, files }: ViewerPlaces): string {
  const { script, style } = entriesOf(page);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="theme-color" content="#000000">
<title>Sandyq viewer</title>
<link rel="icon" href="${root}pages/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${files}${style}">
<script src="${root}viewer/app-config.js"></script>
<script defer src="${files}${script}"></script>
</head>
<body>
<noscript>The viewer needs JavaScript.</noscript>
<div id="react-portal"></div>
<div id="root"></div>
</body>
</html>
`;
}

/** Said where the viewer is not installed. */
export function missingViewerPage(root: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandyq: no viewer</title>
<h1>The viewer is not installed</h1>
<p>The archive works, but the package <code>@ohif/app</code> is not here. Run <code>npm start</code> once with access to the npm
registry, or use any other DICOMweb viewer (<a href="${root}docs/viewers.md">how</a>).</p>
<p><a href="${root}">Back to the archive</a></p>
</html>
`;
}

const FRAMES = 'multipart/related; type=application/octet-stream; transfer-syntax=';

/**
 * Frames are asked for as they are stored, and decoded by the viewer, which spares the archive the work and the network the bytes; but
 * not in JPEG XL, which it has no decoder for.
 */
const ACCEPTED_FRAMES = [
  `${FRAMES}*`,
  ...['110', '111', '112'].flatMap((last) => [
    `${FRAMES}1.2.840.10008.1.2.4.${last}; q=0`,
    `multipart/related; type=image/jxl; transfer-syntax=1.2.840.10008.1.2.4.${last}; q=0`,
  ]),
];

/** `app-config.js`: no source at run time, no upload, no configuration by URL. Paths become addresses of this origin in the browser. */
export function viewerConfiguration({ root, files }: ViewerPlaces): string {
  const configuration = {
    name: 'sandyq',
    routerBasename: `${root}viewer`,
    extensions: [],
    modes: [],
    // No tour of the viewer before the first picture.
    customizationService: [{ 'ohif.tours': { $set: [] } }],
    showStudyList: true,
    maxNumberOfWebWorkers: 3,
    showWarningMessageForCrossOrigin: false,
    showCPUFallbackMessage: true,
    showLoadingIndicator: true,
    strictZSpacingForVolumeViewport: true,
    groupEnabledModesFirst: true,
    allowMultiSelectExport: false,
    showErrorDetails: 'always',
    investigationalUseDialog: { option: 'configure', days: 30 },
    maxNumRequests: { interaction: 100, thumbnail: 5, prefetch: 10 },
    defaultDataSourceName: 'sandyq',
    dataSources: [
      {
        namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
        sourceName: 'sandyq',
        configuration: {
          friendlyName: 'Sandyq',
          name: 'sandyq',
          qidoSupportsIncludeField: true,
          supportsReject: false,
          supportsStow: false,
          dicomUploadEnabled: false,
          imageRendering: 'wadors',
          thumbnailRendering: 'wadors',
          enableStudyLazyLoad: true,
          supportsFuzzyMatching: true,
          supportsWildcard: true,
          staticWado: false,
          singlepart: '',
          bulkDataURI: { enabled: true, relativeResolution: 'studies' },
          omitQuotationForMultipartRequest: true,
          acceptHeader: ACCEPTED_FRAMES,
        },
      },
    ],
  };
  return `// Made by the archive.
window.PUBLIC_URL = ${JSON.stringify(files)};
window.browserImportFunction = (module) => import(module);
window.config = ${JSON.stringify(configuration, undefined, 2)};
// OHIF shows the error itself; without a handler it would fail while it does so.
window.config.httpErrorHandler = (error) => console.warn('The archive answered', error?.status);
for (const name of ['qidoRoot', 'wadoRoot', 'wadoUriRoot']) {
  const path = name === 'wadoUriRoot' ? 'wado' : 'dicom-web';
  const { configuration } = window.config.dataSources[0];
  configuration[name] = new URL(${JSON.stringify(root)} + path, window.location.origin).href;
}
`;
}
