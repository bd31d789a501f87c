/** The reason that the archive must name when it refuses a file of the corpus: from what the manifest says is wrong with it. */
import type { FailureReasonName } from '@sandyq/dicomweb';
import { type CorpusFile, isAcceptable } from './corpus.ts';

/** By the words of the manifest; the first that is met in the stream is the one that is named. */
const reasons: readonly (readonly [why: RegExp, reason: FailureReasonName])[] = [
  [/^DICOMDIR/, 'media-directory'],
  [/^missing or empty|^no preamble\/DICM prefix and no SOPClassUID/, 'missing-uid'],
  [/^file meta information has no TransferSyntaxUID/, 'missing-transfer-syntax'],
  [/^not a DICOM Part 10 file/, 'not-dicom'],
  [/^file ends inside an element/, 'truncated'],
  [/has no Sequence Delimitation Item \(cut at its end\)/, 'truncated'],
  [/blank VR|do not add up to a clean item structure|implicit VR although/, 'malformed'],
  [/bytes are there; must not allocate by the claim/, 'pixel-data-too-short'],
  [/^UIDs are 64 hexadecimal digits/, 'invalid-uid'],
];

/** Files with a second fault, which the manifest does not mention and the reader meets first. */
const otherFaults: Readonly<Record<string, FailureReasonName>> = {
  // Behind its pixel data stands an element that claims more bytes than there are; dcmdump stops there too.
  'bad/missing-uids/GH626.dcm': 'truncated',
};

/** The reason for a file that is to be refused. Throws if the manifest says nothing of the kind. */
export function refusalOf(file: CorpusFile): FailureReasonName {
  if (isAcceptable(file)) throw new Error(`${file.path} is to be accepted`);
  const otherFault = otherFaults[file.path];
  if (otherFault !== undefined) return otherFault;
  const found = reasons.find(([why]) => why.test(file.why ?? ''));
  if (found === undefined) throw new Error(`${file.path}: no reason for "${file.why ?? ''}"`);
  return found[1];
}
