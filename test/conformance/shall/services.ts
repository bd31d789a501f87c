/** PS3.18 §8.9 with Annex H (Retrieve Capabilities) and §13 with Annex J (Storage Commitment). */
import type { DicomJson } from '@sandyq/dicom';
import { expect } from 'vitest';
import { firstOf, itemsOf, textOf } from '../../support/dicomweb.ts';
import type { Answered } from './ask.ts';
import { type Check, check } from './check.ts';
import type { Instance } from './content.ts';
import type { Subject } from './subject.ts';

const WADL = 'application/vnd.sun.wadl+xml';
const NO_SUCH_INSTANCE = 0x0112;
const CLASS_CONFLICT = 0x0119;
let lastTransaction = 0;

function freshTransaction(): string {
  lastTransaction += 1;
  return `/dicom-web/commitment-requests/2.25.19.${process.pid}.${lastTransaction}`;
}

function capabilities({ ask }: Subject, accept: string): Promise<Answered> {
  return ask('/dicom-web/', { method: 'OPTIONS', headers: { Accept: accept } });
}

type Reference = Pick<Instance, 'sopClassUid' | 'instanceUid'>;

/** A Storage Commitment Request Module (J.1). */
function requestOf(references: readonly Reference[]): DicomJson {
  return {
    '00081199': {
      vr: 'SQ',
      Value: references.map(({ sopClassUid, instanceUid }) => ({
        '00081150': { vr: 'UI', Value: [sopClassUid] },
        '00081155': { vr: 'UI', Value: [instanceUid] },
      })),
    },
  };
}

function commit(
  { ask }: Subject,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const text = typeof body === 'string' ? body : JSON.stringify([body]);
  return ask(path, {
    method: 'POST',
    body: text,
    headers: {
      Accept: 'application/dicom+json',
      'Content-Type': 'application/dicom+json',
      'Content-Length': String(Buffer.byteLength(text)),
      ...headers,
    },
  });
}

/** The response module, waiting while the archive is at work. */
async function resultOf(subject: Subject, path: string, first: Answered): Promise<DicomJson> {
  let answer = first;
  for (let round = 0; answer.status === 202 && round < 50; round += 1) {
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(0);
    expect(answer.body.length).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    answer = await subject.ask(path, { headers: { Accept: 'application/dicom+json' } });
  }
  expect(answer.status, answer.text().slice(0, 500)).toBe(200);
  expect(answer.mediaType).toBe('application/dicom+json');
  expect(answer.headers['content-length'] ?? answer.headers['transfer-encoding']).toBeDefined();
  const json = answer.json() as DicomJson | DicomJson[];
  return (Array.isArray(json) ? json[0] : json) ?? {};
}

const committed = (result: DicomJson): (string | undefined)[] =>
  itemsOf(result['00081199']).map((item) => textOf(item['00081155']));

export const serviceChecks: readonly Check[] = [
  check('capabilities', async (subject) => {
    for (const accept of [WADL, 'application/json', '*/*']) {
      const answer = await capabilities(subject, accept);
      expect([accept, answer.status]).toEqual([accept, 200]);
      if (accept !== '*/*') expect(answer.mediaType).toBe(accept);
      expect(answer.body.length).toBeGreaterThan(100);
      expect(answer.headers['content-length'] ?? answer.headers['content-encoding']).toBeDefined();
    }
    expect((await capabilities(subject, 'text/x-unheard-of')).status).toBe(406);
  }),
  check('capabilities-tree', async (subject) => {
    const wadl = (await capabilities(subject, WADL)).text();
    expect(wadl.match(/<application[\s>]/g)).toHaveLength(1);
    expect(wadl.match(/<resources\s/g)).toHaveLength(1);
    expect(wadl).toMatch(new RegExp(`<resources\\s[^>]*base="${subject.url}/dicom-web/?"`));
    for (const path of [
      'studies',
      'series',
      'instances',
      'metadata',
      'rendered',
      'thumbnail',
      'bulkdata',
      'pixeldata',
      'frames',
    ]) {
      expect([path, new RegExp(`path="[^"]*${path}[^"]*"`).test(wadl)]).toEqual([path, true]);
    }
    for (const method of ['GET', 'POST']) expect(wadl).toMatch(new RegExp(`<method\\s[^>]*name="${method}"`));
    expect(wadl.match(/<resource[\s>]/g)?.length).toBe(wadl.match(/<\/resource>/g)?.length);
  }),
  check('capabilities-charsets', async (subject) => {
    for (const accept of [WADL, 'application/json']) {
      expect((await capabilities(subject, accept)).text()).toMatch(/utf-8/i);
    }
  }),
  check('commitment-known', async (subject) => {
    const { ct, report } = subject.content;
    const path = freshTransaction();
    const result = await resultOf(subject, path, await commit(subject, path, requestOf([ct, report])));
    expect(new Set(committed(result))).toEqual(new Set([ct.instanceUid, report.instanceUid]));
    expect(itemsOf(result['00081198'])).toEqual([]);
  }),
  check('commitment-unknown', async (subject) => {
    const { ct, report } = subject.content;
    const path = freshTransaction();
    const references = [
      ct,
      { sopClassUid: ct.sopClassUid, instanceUid: '1.2.3.4.5' },
      { ...report, sopClassUid: ct.sopClassUid },
    ];
    const result = await resultOf(subject, path, await commit(subject, path, requestOf(references)));
    expect(committed(result)).toEqual([ct.instanceUid]);
    const failures = itemsOf(result['00081198']).map((item) => [
      textOf(item['00081155']),
      firstOf(item['00081197']),
    ]);
    expect(failures).toHaveLength(2);
    expect(failures).toEqual(
      expect.arrayContaining([
        ['1.2.3.4.5', NO_SUCH_INSTANCE],
        [report.instanceUid, CLASS_CONFLICT],
      ]),
    );
  }),
  check('commitment-result-check', async (subject) => {
    const { ct } = subject.content;
    const path = freshTransaction();
    await resultOf(subject, path, await commit(subject, path, requestOf([ct])));
    const again = await subject.ask(path, { headers: { Accept: 'application/dicom+json' } });
    expect(committed(await resultOf(subject, path, again))).toEqual([ct.instanceUid]);
    expect((await subject.ask(freshTransaction())).status).toBe(404);
  }),
  check('commitment-conflict', async (subject) => {
    const { ct, report } = subject.content;
    const path = freshTransaction();
    await resultOf(subject, path, await commit(subject, path, requestOf([ct])));
    expect((await commit(subject, path, requestOf([report]))).status).toBe(409);
  }),
  check('commitment-media-types', async (subject) => {
    const { ct } = subject.content;
    const path = freshTransaction();
    const xml = [
      '<?xml version="1.0" encoding="UTF-8"?><NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">',
      '<DicomAttribute tag="00081199" vr="SQ"><Item number="1">',
      `<DicomAttribute tag="00081150" vr="UI"><Value number="1">${ct.sopClassUid}</Value></DicomAttribute>`,
      `<DicomAttribute tag="00081155" vr="UI"><Value number="1">${ct.instanceUid}</Value></DicomAttribute>`,
      '</Item></DicomAttribute></NativeDicomModel>',
    ].join('');
    const answer = await commit(subject, path, xml, {
      'Content-Type': 'application/dicom+xml',
      Accept: 'application/dicom+xml',
    });
    expect([200, 202]).toContain(answer.status);
    if (answer.status === 200) expect(answer.text()).toContain(ct.instanceUid);
    expect(
      (await commit(subject, freshTransaction(), 'x', { 'Content-Type': 'text/x-unheard-of' })).status,
    ).toBe(415);
    const refused = await commit(subject, freshTransaction(), requestOf([ct]), {
      Accept: 'text/x-unheard-of',
    });
    expect(refused.status).toBe(406);
  }),
  check('commitment-refused', async (subject) => {
    for (const body of [
      '',
      '{',
      '[]',
      '[{}]',
      '[{"00081199":{"vr":"SQ"}}]',
      '[{"00081199":{"vr":"SQ","Value":[{}]}}]',
      '"x"',
      '[1]',
    ]) {
      const { status } = await commit(subject, freshTransaction(), body);
      expect([body, status]).toEqual([body, 400]);
    }
    const { status } = await commit(
      subject,
      '/dicom-web/commitment-requests/no-uid',
      requestOf([subject.content.ct]),
    );
    expect(status).toBe(400);
  }),
];
