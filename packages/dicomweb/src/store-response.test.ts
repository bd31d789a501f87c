import { describe, expect, it } from 'vitest';
import { type StoreResult, storeResponse } from './store-response.ts';

const rootUrl = 'http://h/dicom-web';
const stored: StoreResult = {
  verdict: 'stored',
  studyInstanceUid: '1',
  seriesInstanceUid: '1.1',
  sopInstanceUid: '1.1.1',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
};
const failed: StoreResult = {
  verdict: 'failed',
  reason: 'duplicate-sop-instance',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  sopInstanceUid: '1.1.2',
};
const unknown: StoreResult = { verdict: 'failed', reason: 'not-dicom' };

function statusOf(...results: StoreResult[]): number {
  return storeResponse(results, { rootUrl }).status;
}

describe('storeResponse', () => {
  it('lists stored, failed and unidentified parts', () => {
    const warned: StoreResult = { ...stored, sopInstanceUid: '1.1.3', warning: 'equal-in-another-encoding' };
    expect(storeResponse([stored, failed, unknown, warned], { rootUrl })).toMatchObject({
      status: 202,
      json: {
        '00081190': { vr: 'UR', Value: [`${rootUrl}/studies/1`] },
        '00081198': {
          vr: 'SQ',
          Value: [
            {
              '00000902': { vr: 'LO', Value: ['Another instance has this SOP Instance UID'] },
              '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
              '00081155': { vr: 'UI', Value: ['1.1.2'] },
              '00081197': { vr: 'US', Value: [0x0111] },
            },
          ],
        },
        '00081199': {
          vr: 'SQ',
          Value: [
            {
              '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
              '00081155': { vr: 'UI', Value: ['1.1.1'] },
              '00081190': { vr: 'UR', Value: [`${rootUrl}/studies/1/series/1.1/instances/1.1.1`] },
            },
            { '00081155': { vr: 'UI', Value: ['1.1.3'] }, '00081196': { vr: 'US', Value: [0xb100] } },
          ],
        },
        '0008119A': { vr: 'SQ', Value: [{ '00081197': { vr: 'US', Value: [0xc001] } }] },
      },
    });
  });

  it('leaves out sequences without items and gives no URL for several studies', () => {
    const { json } = storeResponse([stored, { ...stored, studyInstanceUid: '2' }], { rootUrl });
    expect(Object.keys(json)).toEqual(['00081190', '00081199']);
    expect(json['00081190']).toEqual({ vr: 'UR' });
  });

  it('gives no URL for what cannot be retrieved', () => {
    const held: StoreResult = { ...stored, warning: 'identity-conflict', isRetrievable: false };
    const { json } = storeResponse([held], { rootUrl });
    expect(json['00081199']?.Value).toMatchObject([{ '00081190': { vr: 'UR' } }]);
    expect(JSON.stringify(json['00081199'])).not.toContain(rootUrl);
  });

  it('lists a failure with only one UID among the others', () => {
    const { json } = storeResponse([{ verdict: 'failed', reason: 'missing-uid', sopInstanceUid: '1' }], {
      rootUrl,
    });
    expect(Object.keys(json)).toEqual(['00081190', '0008119A']);
  });

  it.each([
    [200, [stored]],
    [200, [stored, stored]],
    [202, [stored, failed]],
    [202, [{ ...stored, warning: 'proposed-correction' } as const]],
    [409, [failed]],
    [409, [failed, unknown]],
    [400, [unknown, unknown]],
    [503, [{ verdict: 'failed', reason: 'out-of-resources' } as const]],
    [503, [failed, { verdict: 'failed', reason: 'storage-unavailable' } as const]],
    [415, [{ verdict: 'failed', reason: 'unsupported-media-type' } as const]],
    [400, []],
  ] satisfies [number, StoreResult[]][])('answers %i', (status, results) => {
    expect(statusOf(...results)).toBe(status);
  });

  it('says the same in XML', () => {
    const xml = storeResponse([unknown], { rootUrl }).xml();
    expect(xml).toContain('<DicomAttribute tag="00081190" vr="UR" keyword="RetrieveURL"/>');
    expect(xml).toContain(
      '<DicomAttribute tag="00081197" vr="US" keyword="FailureReason"><Value number="1">49153</Value></DicomAttribute>',
    );
  });
});
