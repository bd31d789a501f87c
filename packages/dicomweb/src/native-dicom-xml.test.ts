import type { DicomJson } from '@sandyq/dicom';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dicomJsonToXml } from './native-dicom-xml.ts';

const start =
  '<?xml version="1.0" encoding="UTF-8"?><NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">';
const end = '</NativeDicomModel>';

function content(json: DicomJson): string {
  const xml = dicomJsonToXml(json);
  expect(xml.startsWith(start) && xml.endsWith(end)).toBe(true);
  return xml.slice(start.length, -end.length);
}

describe('dicomJsonToXml', () => {
  it.each<[string, DicomJson, string]>([
    ['nothing', {}, ''],
    [
      'an empty attribute',
      { '00100020': { vr: 'LO' } },
      '<DicomAttribute tag="00100020" vr="LO" keyword="PatientID"/>',
    ],
    [
      'numbers',
      { '00280010': { vr: 'US', Value: [512] }, '00280030': { vr: 'DS', Value: [0.5, '0.50'] } },
      '<DicomAttribute tag="00280010" vr="US" keyword="Rows"><Value number="1">512</Value></DicomAttribute><DicomAttribute tag="00280030" vr="DS" keyword="PixelSpacing"><Value number="1">0.5</Value><Value number="2">0.50</Value></DicomAttribute>',
    ],
    [
      'an empty value among others',
      { '00080008': { vr: 'CS', Value: ['A', null, 'B'] } },
      '<DicomAttribute tag="00080008" vr="CS" keyword="ImageType"><Value number="1">A</Value><Value number="3">B</Value></DicomAttribute>',
    ],
    [
      'a person name',
      { '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Hong^Gildong^^Dr^PhD', Ideographic: '洪^吉洞' }] } },
      '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1"><Alphabetic><FamilyName>Hong</FamilyName><GivenName>Gildong</GivenName><NamePrefix>Dr</NamePrefix><NameSuffix>PhD</NameSuffix></Alphabetic><Ideographic><FamilyName>洪</FamilyName><GivenName>吉洞</GivenName></Ideographic></PersonName></DicomAttribute>',
    ],
    [
      'items',
      { '00400275': { vr: 'SQ', Value: [{ '00400009': { vr: 'SH', Value: ['S'] } }, {}] } },
      '<DicomAttribute tag="00400275" vr="SQ" keyword="RequestAttributesSequence"><Item number="1"><DicomAttribute tag="00400009" vr="SH" keyword="ScheduledProcedureStepID"><Value number="1">S</Value></DicomAttribute></Item><Item number="2"></Item></DicomAttribute>',
    ],
    [
      'bulk data and inline binary',
      {
        '00420011': { vr: 'OB', BulkDataURI: 'http://h/?a&b' },
        '00282000': { vr: 'OB', InlineBinary: 'AAE=' },
      },
      '<DicomAttribute tag="00282000" vr="OB" keyword="ICCProfile"><InlineBinary>AAE=</InlineBinary></DicomAttribute><DicomAttribute tag="00420011" vr="OB" keyword="EncapsulatedDocument"><BulkData uri="http://h/?a&amp;b"/></DicomAttribute>',
    ],
    [
      'private attributes',
      {
        '00091001': { vr: 'LO', Value: ['x'] },
        '00090010': { vr: 'LO', Value: ['ACME "1"'] },
        '00091101': { vr: 'LO', Value: ['y'] },
      },
      '<DicomAttribute tag="00090001" vr="LO" privateCreator="ACME &quot;1&quot;"><Value number="1">x</Value></DicomAttribute><DicomAttribute tag="00091101" vr="LO"><Value number="1">y</Value></DicomAttribute>',
    ],
    ['group lengths, which are left out', { '00080000': { vr: 'UL', Value: [1] } }, ''],
    [
      'characters with a meaning in XML',
      { '00104000': { vr: 'LT', Value: ['<a> & "b"\r\n\t\u001b\u0000\ufffe\ud800😀'] } },
      '<DicomAttribute tag="00104000" vr="LT" keyword="PatientComments"><Value number="1">&lt;a&gt; &amp; &quot;b&quot;&#13;&#10;&#9;😀</Value></DicomAttribute>',
    ],
  ])('writes %s', (_what, json, expected) => {
    expect(content(json)).toBe(expected);
  });

  it('writes attributes in the order of their tags', () => {
    const xml = content({ '60000010': { vr: 'US' }, '0040A043': { vr: 'SQ' }, '00080016': { vr: 'UI' } });
    expect([...xml.matchAll(/tag="(\w+)"/g)].map(([, tag]) => tag)).toEqual([
      '00080016',
      '0040A043',
      '60000010',
    ]);
  });

  it('writes only characters XML 1.0 has, and loses none of those', () => {
    const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const xml = content({ '00104000': { vr: 'LT', Value: [text] } });
        expect(xml).not.toMatch(forbidden);
        const written = /<Value number="1">(.*)<\/Value>/s.exec(xml)?.[1] ?? '';
        expect(unescaped(written)).toBe(text.replace(new RegExp(forbidden, 'gu'), ''));
      }),
    );
  });
});

function unescaped(xml: string): string {
  return xml
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
