import { describe, expect, it } from 'vitest';
import type { ComposedInstance } from './compose-data-set.ts';
import { defaultComposeLimits } from './compose-limits.ts';
import { composePart10 } from './compose-part10.ts';
import { type DicomJson, toDicomJson } from './json-model.ts';
import { readDicomJson } from './json-reader.ts';
import { readPart10 } from './part10-reader.ts';
import { Tags } from './tag.ts';

const identity = {
  '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.7'] },
  '00080018': { vr: 'UI', Value: ['2.25.1'] },
  '0020000D': { vr: 'UI', Value: ['2.25.2'] },
  '0020000E': { vr: 'UI', Value: ['2.25.3'] },
} as const satisfies DicomJson;

/** What a reader of the composed file makes of it. */
async function composed(instance: ComposedInstance): Promise<DicomJson> {
  const chunks = [];
  const contentOf = () => {
    throw new Error('no bulk data here');
  };
  for await (const chunk of composePart10(instance, { transferSyntaxUid: '1.2.840.10008.1.2.1', contentOf }))
    chunks.push(chunk);
  return toDicomJson(readPart10(Buffer.concat(chunks)), { bulkDataUri: (path) => path }).json;
}

const attributes = (more: object): string => JSON.stringify({ ...identity, ...more });
const attribute = (value: object): string => attributes({ '00091001': value });

/** The value field of the attribute that {@link attribute} makes. */
function bytesOf(text: string): string {
  const element = readDicomJson(text).dataSet.elements.get(0x00091001);
  return element?.kind === 'value'
    ? Buffer.from(element.value).toString('hex')
    : `no value: ${element?.kind}`;
}

function textOf(text: string): string {
  return Buffer.from(bytesOf(text), 'hex').toString('utf8');
}

describe('readDicomJson', () => {
  it('gives what the model says, whatever the order of its members', async () => {
    const json: DicomJson = {
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      ...identity,
      '00081140': {
        vr: 'SQ',
        Value: [{ '00081150': { vr: 'UI', Value: ['1.2'] }, '00081199': { vr: 'SQ', Value: [{}] } }, {}],
      },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Ким', Ideographic: '金', Phonetic: '김' }, null] },
      '00100020': { vr: 'LO' },
      '00101002': { vr: 'SQ' },
      '00189810': { vr: 'FD', Value: [0.1, 'NaN', '-inf', 1e300] },
      '00280009': { vr: 'AT', Value: ['0018A001'] },
      '00091010': { vr: 'UN', InlineBinary: 'AAEC/w==' },
    };
    const sorted = Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(await composed(readDicomJson(JSON.stringify(json)))).toEqual(sorted);
    const reversed = JSON.stringify(json, (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(await composed(readDicomJson(reversed))).toEqual(sorted);
  });

  it('keeps the digits of numbers', () => {
    expect(
      textOf(attributes({ '00091001': { vr: 'DS', Value: [0] } }).replace('[0]', '[1.50,"1.0",-2E+3]')),
    ).toBe('1.50\\1.0\\-2E+3');
    expect(textOf(attribute({ vr: 'IS', Value: ['007', 5] }))).toBe('007\\5');
    expect(textOf(attributes({ '00091001': { vr: 'IS', Value: [0] } }).replace('[0]', '[1e2,3.0]'))).toBe(
      '100\\3',
    );
    const big = attributes({ '00091001': { vr: 'UV', Value: [0] } }).replace('[0]', '[18446744073709551615]');
    expect(bytesOf(big)).toBe('ffffffffffffffff');
    expect(bytesOf(attribute({ vr: 'SV', Value: ['-9223372036854775808'] }))).toBe('0000000000000080');
    expect(bytesOf(attribute({ vr: 'SS', Value: [-2, '3'] }))).toBe('feff0300');
  });

  it('knows empty values from absent ones', () => {
    expect(textOf(attribute({ vr: 'LO', Value: [null, 'a', null] }))).toBe('\\a\\');
    for (const empty of [{}, { Value: [] }, { Value: [null] }, { Value: null }, { InlineBinary: '' }])
      expect(bytesOf(attribute({ vr: 'US', ...empty }))).toBe('');
    expect(bytesOf(attribute({ vr: 'OB', Value: [null] }))).toBe('');
    // A text that its writer took apart at backslashes, and tags as numbers.
    expect(textOf(attribute({ vr: 'ST', Value: ['STANDARD', '1,1'] }))).toBe('STANDARD\\1,1');
    expect(bytesOf(attribute({ vr: 'AT', Value: [0x0018a001] }))).toBe('180001a0');
  });

  it('writes UTF-8 and says so, at every level; plain ASCII needs no label', () => {
    const label = (text: string) => readDicomJson(text).dataSet.elements.get(Tags.SpecificCharacterSet);
    expect(label(attribute({ vr: 'LO', Value: ['plain'] }))).toBeUndefined();
    expect(label(attribute({ vr: 'LO', Value: ['қ'] }))).toMatchObject({ value: Buffer.from('ISO_IR 192') });
    const named = attributes({ '00080005': { vr: 'CS', Value: ['ISO_IR 100'] } });
    expect(label(named)).toMatchObject({ value: Buffer.from('ISO_IR 192') });
  });

  it('leaves out what describes answers and encodings, and hears of transfer syntaxes', () => {
    const { dataSet, transferSyntaxUid } = readDicomJson(
      attributes({
        '00020010': { vr: 'UI', Value: ['1.2.840.10008.1.2.5'] },
        '00080000': { vr: 'UL', Value: [4] },
        '00083002': { vr: 'UI', Value: ['1.2.3'] },
        '7FE00001': { vr: 'OV', InlineBinary: '' },
      }),
    );
    expect([...dataSet.elements.keys()]).toEqual([0x00080016, 0x00080018, 0x0020000d, 0x0020000e]);
    expect(transferSyntaxUid).toBe('1.2.840.10008.1.2.5');
  });

  it('takes VRs that it does not know as UN, and none from the dictionary', () => {
    const { dataSet } = readDicomJson(
      attributes({ '00091001': { vr: 'ZZ', InlineBinary: 'AAA=' }, '00280010': { Value: [7] } }),
    );
    expect(dataSet.elements.get(0x00091001)).toMatchObject({ vr: 'UN' });
    expect(dataSet.elements.get(Tags.Rows)).toMatchObject({ vr: 'US', value: Buffer.of(7, 0) });
  });

  it('notes bulk data at every level', () => {
    const icon = { '00880200': { vr: 'SQ', Value: [{ '7FE00010': { vr: 'OB', BulkDataURI: 'icon' } }] } };
    const { bulk } = readDicomJson(attributes({ ...icon, '7FE00010': { vr: 'OW', BulkDataURI: 'pixels' } }));
    expect(bulk.map(({ uri, isTopLevel }) => [uri, isTopLevel])).toEqual([
      ['icon', false],
      ['pixels', true],
    ]);
  });

  it.each([
    ['a name that is no tag', attributes({ PatientName: { vr: 'PN' } })],
    ['an attribute twice', `{"00100020":{"vr":"LO"},"00100020":{"vr":"LO"}}`],
    ['an attribute that is no object', attributes({ '00091001': 'text' })],
    ['a value beyond its VR', attribute({ vr: 'US', Value: [65_536] })],
    ['a fraction of a whole number', attribute({ vr: 'US', Value: [1.5] })],
    ['an empty number among others', attribute({ vr: 'US', Value: [1, null] })],
    ['a backslash within a value', attribute({ vr: 'LO', Value: ['a\\b'] })],
    ['base64 that is none', attribute({ vr: 'OB', InlineBinary: '!!!!' })],
    ['base64 of half a group', attribute({ vr: 'OB', InlineBinary: 'AAA' })],
    ['values of bytes', attribute({ vr: 'OB', Value: [1, 2] })],
    ['values and bulk data', attribute({ vr: 'OB', InlineBinary: 'AAAA', BulkDataURI: 'x' })],
    ['a sequence as bulk data', attribute({ vr: 'SQ', BulkDataURI: 'x' })],
    ['items of another VR', attribute({ vr: 'LO', Value: [{ '00080018': { vr: 'UI' } }] })],
    ['a value that is a list', attribute({ vr: 'LO', Value: [['a']] })],
    ['an item delimiter', attributes({ FFFEE000: { vr: 'UN' } })],
    ['half a surrogate pair', attribute({ vr: 'LO', Value: ['\ud800'] })],
    ['text behind its end', `${attributes({})} x`],
    ['a control character', '{"0010\u00010020":{}}'],
    ['no end', '{"00100020":{"vr":"LO"'],
    ['an unknown escape', '{"00100020":{"vr":"\\x"}}'],
  ])('refuses %s, and quotes nothing', (_name, text) => {
    expect(() => readDicomJson(text)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  it('has bounds for depth, elements, values and references', () => {
    const nested = (depth: number): object =>
      depth === 0 ? {} : { '00081140': { vr: 'SQ', Value: [nested(depth - 1)] } };
    expect(() => readDicomJson(JSON.stringify(nested(64)))).not.toThrow();
    const unsaid = JSON.stringify(nested(64)).replaceAll('"vr":"SQ",', '');
    expect(() => readDicomJson(unsaid)).not.toThrow();
    const exceeded = expect.objectContaining({ code: 'limit-exceeded' });
    expect(() => readDicomJson(JSON.stringify(nested(65)))).toThrow(exceeded);
    const limits = { ...defaultComposeLimits, elements: 6, values: 3, bulkReferences: 1 };
    expect(() => readDicomJson(attributes({ '00080005': { vr: 'CS' } }), limits)).not.toThrow();
    expect(() =>
      readDicomJson(attributes({ '00080060': {}, '00080061': {}, '00080064': {} }), limits),
    ).toThrow(exceeded);
    expect(() => readDicomJson(attribute({ vr: 'US', Value: [1, 2, 3, 4] }), limits)).toThrow(exceeded);
    const two = { '00091001': { vr: 'OB', BulkDataURI: 'a' }, '00091002': { vr: 'OB', BulkDataURI: 'b' } };
    expect(() => readDicomJson(JSON.stringify(two), limits)).toThrow(exceeded);
    expect(() => readDicomJson(`{"00091001":{"Value":${'['.repeat(5_000)}`)).toThrow(/expected/);
  });
});
