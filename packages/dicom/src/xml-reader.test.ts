import { describe, expect, it } from 'vitest';
import type { ComposedDataSet } from './compose-data-set.ts';
import { tagToHex } from './tag.ts';
import { readNativeDicomModel } from './xml-reader.ts';

const model = (content: string): Buffer => Buffer.from(`<NativeDicomModel>${content}</NativeDicomModel>`);
const attribute = (vr: string, content: string): Buffer =>
  model(`<DicomAttribute tag="00091001" vr="${vr}">${content}</DicomAttribute>`);

/** A data set as text: tags, VRs, values. */
function shown({ elements }: ComposedDataSet): unknown[] {
  return [...elements.values()].map((element) => {
    const tag = tagToHex(element.tag);
    if (element.kind === 'value') return [tag, element.vr, Buffer.from(element.value).toString('utf8')];
    return element.kind === 'bulk'
      ? [tag, element.vr, { uri: element.uri }]
      : [tag, element.items.map(shown)];
  });
}

const read = (document: Uint8Array): unknown[] => shown(readNativeDicomModel(document).dataSet);
const valueOf = (document: Uint8Array): unknown => (read(document)[0] as unknown[])[2];

describe('readNativeDicomModel', () => {
  it('reads values by their numbers, names by their components, items, bytes and references', () => {
    const document = `<?xml version="1.0" encoding="UTF-8"?>
      <!-- a comment --><n:NativeDicomModel xmlns:n="http://dicom.nema.org/PS3.19/models/NativeDICOM">
      <n:DicomAttribute tag="00080008" vr="CS" keyword="ImageType"><n:Value number="3">C</n:Value><n:Value number="1">A</n:Value></n:DicomAttribute>
      <n:DicomAttribute tag="00081140" vr="SQ"><n:Item number="1"><n:DicomAttribute tag="00081150" vr="UI"><n:Value number="1">1.2</n:Value></n:DicomAttribute></n:Item><n:Item number="3"/></n:DicomAttribute>
      <n:DicomAttribute tag="00100010" vr="PN"><n:PersonName number="1"><n:Alphabetic><n:FamilyName>A</n:FamilyName><n:NamePrefix>Dr</n:NamePrefix></n:Alphabetic><n:Phonetic><n:GivenName>g</n:GivenName></n:Phonetic></n:PersonName></n:DicomAttribute>
      <n:DicomAttribute tag="00104000" vr="LT"><n:Value number="1"> a &lt;&#10;<![CDATA[<b>]]> \\ </n:Value></n:DicomAttribute>
      <n:DicomAttribute tag="00420011" vr="OB"><n:InlineBinary>AA\nECAw==</n:InlineBinary></n:DicomAttribute>
      <n:DicomAttribute tag="7FE00010" vr="OW"><n:BulkData uri="pixels"/></n:DicomAttribute>
      </n:NativeDicomModel>`;
    expect(read(Buffer.from(document))).toEqual([
      ['00080008', 'CS', 'A\\\\C'],
      ['00081140', [[['00081150', 'UI', '1.2']], [], []]],
      ['00100010', 'PN', 'A^^^Dr==^g'],
      ['00104000', 'LT', ' a <\n<b> \\ '],
      ['00420011', 'OB', '\0\x01\x02\x03'],
      ['7FE00010', 'OW', { uri: 'pixels' }],
    ]);
  });

  it('gives private attributes blocks, and writes their creators', () => {
    const one = (tag: string, creator: string) =>
      `<DicomAttribute tag="${tag}" vr="LO" privateCreator="${creator}"><Value number="1">${creator}</Value></DicomAttribute>`;
    const document = model(
      one('00090001', 'B') + one('00090001', 'A') + one('00091202', 'C') + one('00090003', 'B'),
    );
    expect(read(document)).toEqual([
      ['00090010', 'LO', 'B'],
      ['00090011', 'LO', 'A'],
      ['00090012', 'LO', 'C'],
      ['00091001', 'LO', 'B'],
      ['00091003', 'LO', 'B'],
      ['00091101', 'LO', 'A'],
      ['00091202', 'LO', 'C'],
    ]);
  });

  it('reads the encodings of XML', () => {
    const text =
      '<NativeDicomModel><DicomAttribute tag="00091001" vr="LO"><Value>й</Value></DicomAttribute></NativeDicomModel>';
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
    const declared = '<?xml version="1.0" encoding="windows-1251"?>';
    const cyrillic = Buffer.from(`${declared}${text.replace('й', '\xe9')}`, 'latin1');
    for (const document of [Buffer.from(text), utf16, cyrillic])
      expect(read(document)).toEqual([
        ['00080005', 'CS', 'ISO_IR 192'],
        ['00091001', 'LO', 'й'],
      ]);
  });

  it('takes numbers as they are written', () => {
    expect(valueOf(attribute('DS', '<Value number="1">1.50</Value>'))).toBe('1.50');
    expect(valueOf(attribute('SS', '<Value number="1"> -1 </Value>'))).toBe(
      Buffer.of(255, 255).toString('utf8'),
    );
    expect(valueOf(attribute('US', '<Value number="1"/>'))).toBe('');
  });

  it.each([
    ['no XML', Buffer.from('DICM')],
    ['an empty document', Buffer.alloc(0)],
    ['another document', Buffer.from('<html/>')],
    ['a document type', Buffer.from('<!DOCTYPE a><NativeDicomModel/>')],
    [
      'entities that grow',
      Buffer.from(
        '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><NativeDicomModel>&d;</NativeDicomModel>',
      ),
    ],
    ['an unknown entity', attribute('LO', '<Value>&secret;</Value>')],
    ['an open element', Buffer.from('<NativeDicomModel>')],
    ['two documents', Buffer.from('<NativeDicomModel/><NativeDicomModel/>')],
    ['text between attributes', model('text')],
    ['an unknown element', model('<Other/>')],
    ['an element in a value', attribute('LO', '<Value><b/></Value>')],
    ['a tag that is none', model('<DicomAttribute tag="PatientName" vr="PN"/>')],
    ['a vr that is none', model('<DicomAttribute tag="00100010" vr="person"/>')],
    ['the same number twice', attribute('LO', '<Value number="1">a</Value><Value number="1">b</Value>')],
    ['a number that is none', attribute('LO', '<Value number="0">a</Value>')],
    ['a number beyond bounds', attribute('LO', '<Value number="999999999">a</Value>')],
    ['bulk data without uri', attribute('OB', '<BulkData uuid="1"/>')],
    ['values and bytes', attribute('LO', '<Value>a</Value><InlineBinary>AAAA</InlineBinary>')],
    ['items of another VR', attribute('LO', '<Item number="1"/>')],
    ['bytes as value', attribute('OB', '<Value>a</Value>')],
    ['an encoding that is none', Buffer.from('<?xml version="1.0" encoding="x-none"?><NativeDicomModel/>')],
    ['bytes that are no UTF-8', Buffer.from('<NativeDicomModel>\xff</NativeDicomModel>', 'latin1')],
  ])('refuses %s', (_name, document) => {
    const attempt = () => readNativeDicomModel(document);
    expect(attempt).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(attempt).not.toThrow(/secret|PatientName|person/);
  });

  it('has a bound for depth', () => {
    const nested = (depth: number): string =>
      depth === 0
        ? ''
        : `<DicomAttribute tag="00081140" vr="SQ"><Item number="1">${nested(depth - 1)}</Item></DicomAttribute>`;
    expect(() => readNativeDicomModel(model(nested(64)))).not.toThrow();
    expect(() => readNativeDicomModel(model(nested(65)))).toThrow(
      expect.objectContaining({ code: 'limit-exceeded' }),
    );
  });
});
