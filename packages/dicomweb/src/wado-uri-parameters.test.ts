import { describe, expect, it } from 'vitest';
import { parseWadoUri } from './wado-uri-parameters.ts';

const required = 'requestType=WADO&studyUID=1.2&seriesUID=1.3&objectUID=1.4';
const parse = (query: string) => parseWadoUri(new URLSearchParams(query), 'image/*');

describe('WADO-URI parameters (PS3.18 §9.4.1.2, §9.5.1.2)', () => {
  it('name an instance', () => {
    expect(parse(`${required}&charset=utf-8&foo=1`)).toMatchObject({
      path: { studyInstanceUid: '1.2', seriesInstanceUid: '1.3', sopInstanceUid: '1.4' },
      contentType: undefined,
      isForPictures: false,
      annotations: [],
    });
  });

  it('are read whole', () => {
    expect(
      parse(
        `${required}&contentType=image/png,image/jpeg&transferSyntax=1.2.840.10008.1.2.1&frameNumber=3&rows=64&columns=128` +
          '&region=0,0.25,1,.75&windowCenter=40&windowWidth=400&imageQuality=80&annotation=patient,x',
      ),
    ).toMatchObject({
      contentType: { header: [{ subtype: 'png' }, { subtype: 'jpeg' }] },
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      frameNumber: 3,
      rows: 64,
      columns: 128,
      region: { left: 0, top: 0.25, right: 1, bottom: 0.75 },
      window: { center: 40, width: 400, function: 'LINEAR' },
      quality: 80,
      annotations: ['patient'],
      unknownAnnotations: ['x'],
      isForPictures: true,
    });
    expect(parse(`${required}&presentationUID=2.1&presentationSeriesUID=2.2`).presentation).toEqual({
      sopInstanceUid: '2.1',
      seriesInstanceUid: '2.2',
    });
  });

  it.each([
    ['requestType', ''],
    ['requestType', required.replace('WADO', 'wado')],
    ['studyUID', required.replace('studyUID=1.2', '')],
    ['seriesUID', required.replace('seriesUID=1.3', 'seriesUID=')],
    ['objectUID', `${required}&objectUID=1.5`],
    ['contentType', `${required}&contentType=jpeg`],
    ['contentType', `${required}&contentType=application/dicom;transfer-syntax=1.2`],
    ['transferSyntax', `${required}&transferSyntax=1.2,1.3`],
    ['charset', `${required}&charset=x`],
    ['frameNumber', `${required}&frameNumber=0`],
    ['frameNumber', `${required}&frameNumber=1,2`],
    ['rows', `${required}&rows=1.5`],
    ['columns', `${required}&columns=99999`],
    ['region', `${required}&region=0,0,1`],
    ['region', `${required}&region=0.5,0,0.5,1`],
    ['region', `${required}&region=0,0,1,1.1`],
    ['windowWidth', `${required}&windowCenter=4`],
    ['windowCenter', `${required}&windowWidth=4`],
    ['windowWidth', `${required}&windowCenter=4&windowWidth=0`],
    ['imageQuality', `${required}&imageQuality=0`],
    ['annotation', `${required}&annotation=,`],
    ['presentationUID', `${required}&presentationUID=2.1`],
    ['presentationSeriesUID', `${required}&presentationSeriesUID=2.1`],
    [
      'windowCenter',
      `${required}&presentationUID=2.1&presentationSeriesUID=2.2&windowCenter=1&windowWidth=2`,
    ],
    ['anonymize', `${required}&anonymize=no`],
  ])('%s is refused by name: %s', (parameter, query) => {
    expect(() => parse(query)).toThrow(expect.objectContaining({ code: 'bad-request', parameter }));
  });

  it('refuse to say that identities were removed', () => {
    expect(() => parse(`${required}&anonymize=yes`)).toThrow(
      expect.objectContaining({ code: 'not-acceptable', parameter: 'anonymize' }),
    );
  });
});
