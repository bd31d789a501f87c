import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composePart10 } from './compose-part10.ts';
import { DicomError } from './errors.ts';
import { type DicomJson, type DicomJsonAttribute, toDicomJson } from './json-model.ts';
import { readDicomJson } from './json-reader.ts';
import { stringifyDicomJson } from './json-text.ts';
import { readPart10 } from './part10-reader.ts';
import { readNativeDicomModel } from './xml-reader.ts';

const seed = Number(process.env['SANDYQ_SEED'] ?? Date.now() % 2 ** 31);

const text = fc.string({
  unit: fc.constantFrom('a', 'Z', '7', 'қ', '김', '"', '/', '\u00e9', '<', '&'),
  minLength: 1,
  maxLength: 12,
});
const several = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 1, maxLength: 4 });
const values = (
  vr: DicomJsonAttribute['vr'],
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<DicomJsonAttribute> =>
  several(value).map((list) => ({ vr, Value: list }) as DicomJsonAttribute);
const integers = (min: number, max: number) => fc.integer({ min, max });

const attribute: fc.Arbitrary<DicomJsonAttribute> = fc.oneof(
  values('LO', text),
  values('UC', text),
  values(
    'PN',
    text.map((name) => ({ Alphabetic: name, Phonetic: 'p' })),
  ),
  values('US', integers(0, 65_535)),
  values('SS', integers(-32_768, 32_767)),
  values('SL', integers(-(2 ** 31), 2 ** 31 - 1)),
  values('UL', integers(0, 2 ** 32 - 1)),
  values(
    'FD',
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
  ),
  values('UV', fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }).map(String)),
  values('DS', integers(-1_000, 1_000)),
  values('AT', fc.constantFrom('00100020', '7FE00010')),
  fc.uint8Array({ minLength: 2, maxLength: 40 }).map((bytes) => ({
    vr: 'OB' as const,
    InlineBinary: Buffer.from(bytes.subarray(0, bytes.length & ~1)).toString('base64'),
  })),
  fc.constantFrom({ vr: 'LO' as const }, { vr: 'SQ' as const }, { vr: 'US' as const }),
);

const { dataSet } = fc.letrec<{ dataSet: DicomJson }>((tie) => ({
  dataSet: fc
    .dictionary(
      fc.integer({ min: 0x1001, max: 0x10ff }).map((element) => `0009${element.toString(16).toUpperCase()}`),
      fc.oneof(
        { depthSize: 'small' },
        attribute,
        several(tie('dataSet')).map((items): DicomJsonAttribute => ({ vr: 'SQ', Value: items })),
      ),
      { maxKeys: 5 },
    )
    .map((json) => Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)))),
}));

async function throughFile(json: DicomJson): Promise<DicomJson> {
  const instance = readDicomJson(stringifyDicomJson(json));
  const options = {
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    contentOf: () => {
      throw new Error('no bulk data here');
    },
  };
  const chunks = await Array.fromAsync(composePart10(instance, options));
  return toDicomJson(readPart10(Buffer.concat(chunks)), { bulkDataUri: (path) => path }).json;
}

describe(`composing (seed ${seed})`, () => {
  it('loses nothing of a data set, at any depth', async () => {
    await fc.assert(
      fc.asyncProperty(dataSet, async (json) => {
        const { '00080005': _label, ...back } = await throughFile({
          '00080016': { vr: 'UI', Value: ['1.2'] },
          ...json,
        });
        expect(back).toEqual({ '00080016': { vr: 'UI', Value: ['1.2'] }, ...json });
      }),
      { seed, numRuns: 300 },
    );
  });

  it('ends in a data set or a DicomError, whatever a text is changed into', () => {
    const json =
      '{"00091001":{"vr":"LO","Value":["a",null]},"00091002":{"Value":[{"00100020":{"vr":"US","Value":[1]}}],"vr":"SQ"}}';
    const xml =
      '<NativeDicomModel><DicomAttribute tag="00091001" vr="PN" privateCreator="X"><PersonName number="1"><Alphabetic><FamilyName>a</FamilyName></Alphabetic></PersonName></DicomAttribute></NativeDicomModel>';
    const changes = fc.array(
      fc.tuple(fc.nat(200), fc.constantFrom('', '"', '{', ']', '<', '>', '&', '0', '\\', '\ud800', 'null')),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(changes, (list) => {
        const changed = (original: string) =>
          list.reduce(
            (all, [at, by]) => all.slice(0, at % all.length) + by + all.slice((at % all.length) + 1),
            original,
          );
        for (const read of [
          () => readDicomJson(changed(json)),
          () => readNativeDicomModel(Buffer.from(changed(xml))),
        ]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(DicomError);
          }
        }
      }),
      { seed, numRuns: 3_000 },
    );
  });
});
