/** The Storage Commitment Request Module (PS3.18 §J.1): which instances a user agent asks about. */
import type { CommitmentReference } from '@sandyq/database';
import { type ComposedDataSet, Tags, uidIn } from '@sandyq/dicom';
import { parseUid } from '@sandyq/dicomweb';
import { HttpError } from '@sandyq/http';

/** Most instances that one request may name. */
export const MOST_REFERENCES = 10_000;

/**
 * The instances of Referenced SOP Sequence (0008,1199) and of Referenced Study Sequence (0008,1110), in their order. Throws HttpError
 * `bad-request` that names the item, `too-large` beyond {@link MOST_REFERENCES}.
 */
export function referencesOf(module: ComposedDataSet): CommitmentReference[] {
  const root = { dataSet: module, place: '' };
  const references = [
    ...itemsOf(root, 'ReferencedSOPSequence').map(sopReference),
    ...itemsOf(root, 'ReferencedStudySequence').flatMap(referencesOfStudy),
  ];
  if (references.length === 0) {
    throw bad('names no instances: give Referenced SOP Sequence (0008,1199) or Referenced Study Sequence');
  }
  if (references.length > MOST_REFERENCES) {
    throw new HttpError('too-large', `The request names more than ${MOST_REFERENCES} instances: split it.`);
  }
  return references;
}

/** A data set, and what to call it in messages. */
interface Placed {
  readonly dataSet: ComposedDataSet;
  readonly place: string;
}

function referencesOfStudy(study: Placed): CommitmentReference[] {
  const studyInstanceUid = uidAt(study, 'StudyInstanceUID');
  return itemsOf(study, 'ReferencedSeriesSequence').flatMap((series) => {
    const seriesInstanceUid = uidAt(series, 'SeriesInstanceUID');
    return itemsOf(series, 'ReferencedInstancesBySOPClassSequence').flatMap((ofClass) => {
      const sopClassUid = uidAt(ofClass, 'ReferencedSOPClassUID');
      return itemsOf(ofClass, 'ReferencedInstanceSequence').map((instance) => ({
        sopClassUid,
        sopInstanceUid: uidAt(instance, 'ReferencedSOPInstanceUID'),
        studyInstanceUid,
        seriesInstanceUid,
      }));
    });
  });
}

/** SOP Instance Reference Macro (PS3.3 Table 10-11). */
function sopReference(item: Placed): CommitmentReference {
  return {
    sopClassUid: uidAt(item, 'ReferencedSOPClassUID'),
    sopInstanceUid: uidAt(item, 'ReferencedSOPInstanceUID'),
  };
}

function itemsOf({ dataSet, place }: Placed, keyword: keyof typeof Tags): Placed[] {
  const element = dataSet.elements.get(Tags[keyword]);
  if (element?.kind !== 'sequence') return [];
  const before = place === '' ? '' : `${place}, `;
  return element.items.map((item, index) => ({
    dataSet: item,
    place: `${before}${keyword} item ${index + 1}`,
  }));
}

function uidAt({ dataSet, place }: Placed, keyword: keyof typeof Tags): string {
  const value = uidIn(dataSet, Tags[keyword]) ?? '';
  if (value === '') throw bad(`lacks ${keyword} in ${place}`);
  return parseUid(value, keyword);
}

function bad(problem: string): HttpError {
  return new HttpError('bad-request', `The storage commitment request ${problem}.`);
}
