/** `GET /originals/{study}/{series}/{instance}`: the exact bytes that were received, with their digest. */
import { hasProposedCorrection } from '@sandyq/database';
import { entityTag } from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from './dependencies.ts';
import { findInstance } from './find-instances.ts';
import { rangedAnswer } from './ranged-answer.ts';
import { readEntry } from './read-entry.ts';
import { taggedAnswer } from './representation.ts';

/**
 * Answers 200, 206 or 416. `Repr-Digest` (RFC 9530) is the SHA-256 of all bytes, also where a range of them is sent.
 * `Sandyq-Correction: proposed` says that the instance was sent again with other patient or study attributes, and
 * nobody has decided yet.
 */
export async function retrieveOriginal(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const { location } = await findInstance(dependencies, context);
  const { sha256, entryLength: length, sopInstanceUid } = location;
  const tag = entityTag(sha256.toString('hex'));
  return taggedAnswer(context, { tag, caching: 'immutable' }, async () => {
    const isCorrected = await hasProposedCorrection(dependencies.database, sopInstanceUid);
    const headers = {
      'Content-Type': 'application/dicom',
      'Repr-Digest': `sha-256=:${sha256.toString('base64')}:`,
      ...(isCorrected && { 'Sandyq-Correction': 'proposed' }),
    };
    const open = (range: { readonly offset: number; readonly length: number }) =>
      readEntry(dependencies, location, context, range);
    return rangedAnswer(context, { tag, length, open }, headers);
  });
}
