/**
 * `/`: what a person sees who opens the archive's address in a browser. The page is open to anyone and holds no patient data: its script
 * asks `/dicom-web` for the studies, with the credential of whoever looks.
 */
import type { Answer, OpenRoute } from '@sandyq/http';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page. `root`: path prefix of the archive, begins and ends with a slash. */
export function startPage(root: string): OpenRoute {
  return {
    method: 'GET',
    path: '/',
    action: 'open-pages',
    patientData: false,
    handler: ({ baseUrl }): Answer => ({
      status: 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Cache-Control': 'no-cache',
        'Content-Security-Policy': POLICY,
      },
      body: page(root, baseUrl),
    }),
  };
}

function page(root: string, baseUrl: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandyq</title>
<link rel="icon" href="${root}pages/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${root}pages/style.css">
<script type="module" src="${root}pages/studies.js"></script>
</head>
<body>
<a class="skip" href="#studies">To the studies</a>
<header>
<h1><img src="${root}pages/icon.svg" alt="">Sandyq</h1>
<span id="state" class="state"><strong>The archive is running.</strong> <span></span></span>
<nav aria-label="Pages"><a href="${root}viewer">Viewer</a> ${link(root, 'viewers', 'Connect a viewer')} ${link(root, 'scanners', 'Connect a scanner')} ${link(root, 'conformance-statement', 'Conformance')}</nav>
</header>
<main>
${SEARCH_FORM}
<div class="result">
<p id="says" role="status">The list of studies needs JavaScript.</p>
<button id="sign-in" type="button" class="main" hidden>Give a key</button>
<div class="buttons"><button id="previous" type="button" disabled>Newer</button><button id="next" type="button" disabled>Older</button></div>
</div>
<table id="studies" tabindex="-1">
<caption class="skip">Studies, newest first</caption>
<thead><tr><th scope="col">Picture</th><th scope="col">Patient</th><th scope="col">Patient ID</th><th scope="col">Date</th><th scope="col">Modality</th><th scope="col">Description</th><th scope="col" class="wide">Accession</th><th scope="col">Series</th></tr></thead>
<tbody></tbody>
</table>
</main>
<footer>
<p>DICOMweb: <code>${escapeHtml(baseUrl)}/dicom-web</code>. State: <a href="${root}readyz">/readyz</a>.
Keys: <kbd>/</kbd> to search, <kbd>↑</kbd> <kbd>↓</kbd> through the studies, <kbd>Enter</kbd> to open.
More: ${link(root, 'operations', 'operations')}, ${link(root, 'settings', 'settings')}, ${link(root, 'architecture', 'architecture')}.</p>
</footer>
</body>
</html>
`;
}

const SEARCH_FORM = `<form role="search" aria-label="Studies" autocomplete="off">
<label>Patient name <input name="name" maxlength="128" spellcheck="false"></label>
<label>Patient ID <input name="id" maxlength="64" spellcheck="false"></label>
<label>Accession number <input name="accession" maxlength="64" spellcheck="false"></label>
<label>From <input name="from" type="date"></label>
<label>To <input name="to" type="date"></label>
<label>Modality <input name="modality" maxlength="16" list="modalities" spellcheck="false"></label>
<datalist id="modalities">${['CT', 'MR', 'US', 'DX', 'CR', 'MG', 'XA', 'RF', 'NM', 'PT', 'SR']
  .map((modality) => `<option>${modality}</option>`)
  .join('')}</datalist>
<div class="buttons"><button class="main">Search</button><button type="reset">Clear</button></div>
</form>`;

function link(root: string, document: string, text: string): string {
  return `<a href="${root}docs/${document}.md">${text}</a>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
