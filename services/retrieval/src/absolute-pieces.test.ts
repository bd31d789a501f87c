import { expect, it } from 'vitest';
import { absoluteText } from './absolute-pieces.ts';

const instance = 'https://archive.example/dicom-web/studies/1/series/2/instances/3';

it('makes bulk data URIs absolute, and nothing else', () => {
  const stored = {
    '00080018': { vr: 'UI', Value: ['3'] },
    '00081030': { vr: 'LO', Value: ['"BulkDataURI":"bulkdata/', 'bulkdata/7FE00010', 'Ғылым'] },
    '00880200': {
      vr: 'SQ',
      Value: [{ '7FE00010': { vr: 'OB', BulkDataURI: 'bulkdata/00880200/1/7FE00010' } }],
    },
    '7FE00010': { vr: 'OW', BulkDataURI: 'bulkdata/7FE00010' },
  };
  const piece = { json: Buffer.from(JSON.stringify(stored)), url: instance };
  const sent: unknown = JSON.parse(absoluteText([piece]).toString());
  expect(sent).toEqual({
    ...stored,
    '00880200': {
      vr: 'SQ',
      Value: [{ '7FE00010': { vr: 'OB', BulkDataURI: `${instance}/bulkdata/00880200/1/7FE00010` } }],
    },
    '7FE00010': { vr: 'OW', BulkDataURI: `${instance}/bulkdata/7FE00010` },
  });
});

it('leaves metadata without bulk data as they are', () => {
  const json = Buffer.from('{"00080018":{"vr":"UI","Value":["3"]}}');
  expect(absoluteText([{ json, url: instance }])).toEqual(json);
});

it('puts commas between several', () => {
  const jsons = ['{"a":{"BulkDataURI":"bulkdata/7FE00010"}}', '{}', '{"b":{"BulkDataURI":"bulkdata/1"}}'];
  const pieces = jsons.map((json, index) => ({ json: Buffer.from(json), url: `/${index}` }));
  expect(JSON.parse(`[${absoluteText(pieces).toString()}]`)).toEqual([
    { a: { BulkDataURI: '/0/bulkdata/7FE00010' } },
    {},
    { b: { BulkDataURI: '/2/bulkdata/1' } },
  ]);
  expect(absoluteText(pieces.slice(1, 2), true).toString()).toBe(',{}');
  expect(absoluteText([]).length).toBe(0);
});
