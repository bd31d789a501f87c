/** A verdict on an instance as the answer to a Store request says it (PS3.18 §10.5.3). */
import type { Identification } from '@sandyq/dicom';
import type { StoreResult } from '@sandyq/dicomweb';
import type { Verdict } from '@sandyq/indexing';

export function resultOf(identification: Identification, verdict: Verdict): StoreResult {
  const { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid } = identification;
  if (verdict.kind === 'failed')
    return { verdict: 'failed', reason: verdict.reason, sopClassUid, sopInstanceUid };
  return {
    verdict: 'stored',
    sopClassUid,
    sopInstanceUid,
    studyInstanceUid,
    seriesInstanceUid,
    warning: verdict.warning,
    isRetrievable: verdict.warning !== 'identity-conflict' && verdict.warning !== 'rejected-beforehand',
  };
}
