import type { DicomJson } from '@sandyq/dicom';
import { describe, expect, it } from 'vitest';
import { reportDocumentOf } from './report-document.ts';
import { REPORT_TYPES, writeReport } from './report-forms.ts';

const code = (meaning: string, value = '1', scheme = '99X'): DicomJson => ({
  '00080100': { vr: 'SH', Value: [value] },
  '00080102': { vr: 'SH', Value: [scheme] },
  '00080104': { vr: 'LO', Value: [meaning] },
});

function item(valueType: string, name: string | undefined, others: DicomJson = {}): DicomJson {
  return {
    '0040A010': { vr: 'CS', Value: ['CONTAINS'] },
    '0040A040': { vr: 'CS', Value: [valueType] },
    ...(name !== undefined && { '0040A043': { vr: 'SQ', Value: [code(name)] } }),
    ...others,
  };
}

const report: DicomJson = {
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Әлия^Б', Ideographic: '金^熙' }] },
  '00100030': { vr: 'DA', Value: ['19800102'] },
  '0040A040': { vr: 'CS', Value: ['CONTAINER'] },
  '0040A043': { vr: 'SQ', Value: [code('Findings')] },
  '0040A730': {
    vr: 'SQ',
    Value: [
      item('TEXT', 'Impression', {
        '0040A160': { vr: 'UT', Value: ['<script>alert("1")</script>\r\nsecond & last\u0000'] },
      }),
      item('NUM', 'Length', {
        '0040A300': {
          vr: 'SQ',
          Value: [
            {
              '0040A30A': { vr: 'DS', Value: ['3.50'] },
              '004008EA': { vr: 'SQ', Value: [code('millimeter', 'mm', 'UCUM')] },
            },
          ],
        },
      }),
      item('NUM', 'Count', {
        '0040A300': { vr: 'SQ' },
        '0040A301': { vr: 'SQ', Value: [code('Measurement failure')] },
      }),
      item('CODE', 'Side', { '0040A168': { vr: 'SQ', Value: [code('Left', 'G-A101', 'SRT')] } }),
      item('CONTAINER', undefined, {
        '0040A730': {
          vr: 'SQ',
          Value: [
            item('IMAGE', 'Source', {
              '00081199': {
                vr: 'SQ',
                Value: [
                  { '00081155': { vr: 'UI', Value: ['1.2.3'] }, '00081160': { vr: 'IS', Value: [2, 5] } },
                ],
              },
            }),
            { '0040A010': { vr: 'CS', Value: ['INFERRED FROM'] }, '0040DB73': { vr: 'UL', Value: [1, 2] } },
          ],
        },
      }),
      item('TEXT', 'Long', { '0040A160': { vr: 'UT', BulkDataURI: 'bulkdata/0040A730/1/0040A160' } }),
    ],
  },
};

describe('a report', () => {
  it('is plain text with names, values, units and references', () => {
    expect(writeReport(reportDocumentOf(report), 'text/plain').split('\n')).toEqual([
      'Findings',
      '========',
      'Patient: Әлия Б / 金 熙',
      'Birth date: 1980-01-02',
      '',
      '- Impression: <script>alert("1")</script>',
      '  second & last\u0000',
      '- Length: 3.50 mm',
      '- Count: Measurement failure',
      '- Side: Left',
      '- CONTAINER',
      '  - Source: instance 1.2.3 frames 2, 5',
      '  - content item 1.2',
      '- Long: (too long to be shown here)',
      '',
    ]);
  });

  it('is a page in which nothing of the instance is markup', () => {
    const page = writeReport(reportDocumentOf(report), 'text/html');
    expect(page).toContain(
      '<li><b>Impression</b>: &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;<br>second &amp; last </li>',
    );
    expect(page).toContain('<li><b>Length</b>: 3.50 mm</li>');
    for (const hostile of ['<script', '\u0000']) expect(page).not.toContain(hostile);
  });

  it('is XML with codes', () => {
    const xml = writeReport(reportDocumentOf(report), 'text/xml');
    expect(xml).toContain(
      '<item type="CODE" relationship="CONTAINS"><name code="1" scheme="99X">Side</name><value code="G-A101" scheme="SRT">Left</value></item>',
    );
    expect(xml).toContain('<value unit="mm">3.50</value>');
    expect(xml).toContain('<reference>instance 1.2.3 frames 2, 5</reference>');
    for (const hostile of ['<script', '\u0000']) expect(xml).not.toContain(hostile);
  });

  it('of an empty data set is empty, and has a title', () => {
    for (const type of REPORT_TYPES) expect(writeReport(reportDocumentOf({}), type)).toContain('Report');
  });
});
