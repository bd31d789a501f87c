/** `/`: what a person sees who opens the archive's address in a browser. No patient data: it is open to anyone. */
import type { OpenRoute } from '@sandyq/http';

/** The page that says that the archive works, and where its interfaces are. */
export function startPage(): OpenRoute {
  return {
    method: 'GET',
    path: '/',
    action: 'open-pages',
    patientData: false,
    handler: ({ baseUrl }) => ({
      status: 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      },
      body: page(baseUrl),
    }),
  };
}

function page(baseUrl: string): string {
  const root = escapeHtml(baseUrl);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sandyq</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}code{background:#eee;padding:0 .2em}</style>
<h1>Sandyq</h1>
<p>The clinical image archive is running.</p>
<dl>
<dt>Store, search, retrieve (DICOMweb)</dt><dd><code>${root}/dicom-web</code>, e.g. <a href="/dicom-web/studies">the studies</a></dd>
<dt>Exact received bytes</dt><dd><code>${root}/originals/{study}/{series}/{instance}</code></dd>
<dt>State</dt><dd><a href="/readyz">/readyz</a>, <a href="/healthz">/healthz</a></dd>
</dl>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
