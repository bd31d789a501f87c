import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { findViewer } from './find-viewer.ts';
import { CORRECTIONS, entriesOf, isRewritten, rewriteViewerFile } from './rewrite-viewer.ts';

const BASE = '/archive/viewer/build-0/';

describe('files of OHIF', () => {
  it('load their parts from where they are served', () => {
    const text = '__webpack_require__.p = "/";\nfetch("/elsewhere")';
    expect(rewriteViewerFile('app.js', text, BASE)).toBe(
      `__webpack_require__.p = "${BASE}";\nfetch("/elsewhere")`,
    );
    expect(rewriteViewerFile('app.css', 'a{src:url(/f.woff2)}b{src:url(//other/f)}', BASE)).toBe(
      `a{src:url(${BASE}f.woff2)}b{src:url(//other/f)}`,
    );
  });

  it('are refused where the page is of another make', () => {
    expect(() => entriesOf('<script src="/app.js"></script>')).toThrow('@ohif/app');
  });
});

describe('the installed OHIF', () => {
  it('is made as the rewriting expects', async () => {
    const viewer = await findViewer('test');
    if (viewer === undefined) throw new Error('@ohif/app is not installed');
    const { script, style } = entriesOf(viewer.page);
    expect([...viewer.files.keys()]).toEqual(expect.arrayContaining([script, style]));

    const found = new Map<string, number>();
    const left: string[] = [];
    for (const [name, path] of viewer.files) {
      if (!isRewritten(name)) continue;
      const text = await readFile(path, 'utf8');
      for (const { wrong } of CORRECTIONS)
        found.set(wrong, (found.get(wrong) ?? 0) + text.split(wrong).length - 1);
      const rewritten = rewriteViewerFile(name, text, BASE);
      const unmoved = rewritten.replaceAll(BASE, '');
      if (/__webpack_require__\.p = "\/"|url\(\/[a-z0-9]|browserImportFunction\('\//.test(unmoved)) {
        left.push(name);
      }
    }
    expect(left).toEqual([]);
    expect([...found.values()]).toEqual(CORRECTIONS.map(() => 1));
  });

  it('is served without what it does not need', async () => {
    const names = [...((await findViewer('test'))?.files.keys() ?? [])];
    expect(names.length).toBeGreaterThan(100);
    expect(
      names.filter((name) => /^ort\/|microscopy-viewer|\.map$|\.html$|^sw\.js$|app-config/.test(name)),
    ).toEqual([]);
    expect(await findViewer('one')).not.toEqual(await findViewer('other'));
  });
});
