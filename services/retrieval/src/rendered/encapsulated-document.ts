/** The document in an instance as its rendered form (PS3.18 Table 8.7.4-1, PS3.3 C.24.2). */
import { intOf, stringOf, Tags } from '@sandyq/dicom';
import { type Accept, DicomwebError, negotiate, parseAccept } from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { answerBody } from '../begun-source.ts';
import type { RetrievalDependencies } from '../dependencies.ts';
import type { FoundInstance } from '../find-instances.ts';
import { identifyRepresentation, taggedAnswer } from '../representation.ts';
import { readDataSet } from '../transcoding/read-data-set.ts';
import { valueAt } from '../value-source.ts';
import { byteOrderOf } from './render-source.ts';

/** Path of Encapsulated Document (0042,0011). */
const DOCUMENT_PATH = '00420011';

/** What is given out under its own name. Types with scripts in them are not: they would run as pages of the archive. */
const DOCUMENT_TYPES: readonly string[] = ['application/pdf'];

/** Answers 200 with the document; 406 where it is none that is given out, or another type is accepted. */
export async function answerDocument(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  found: FoundInstance,
  accept: Accept = parseAccept(context.headers.accept, context.query.get('accept')),
): Promise<Answer> {
  const { location, revision } = found;
  const dataSet = await readDataSet(dependencies, location, context);
  const stated = (stringOf(dataSet, Tags.MIMETypeOfEncapsulatedDocument) ?? '').toLowerCase();
  const mediaType = DOCUMENT_TYPES.find((type) => type === stated);
  if (mediaType === undefined) {
    const reason = 'This document is of a type that is not given out by itself; accept application/dicom';
    throw new DicomwebError('not-acceptable', reason);
  }
  if (negotiate(accept, [{ mediaType, multipart: false, isDefaultType: true }]) === undefined) {
    throw new DicomwebError('not-acceptable', `This is rendered as ${mediaType}`);
  }
  const { tag } = identifyRepresentation([location.sha256], 'rendered-document', revision, mediaType);
  return taggedAnswer(context, { tag, caching: 'revalidated' }, async () => {
    const kept = dataSet.elements.get(Tags.EncapsulatedDocument)?.value;
    const length = intOf(dataSet, Tags.EncapsulatedDocumentLength, byteOrderOf(location));
    const bytes = kept === undefined ? openDocument(dependencies, context, found) : [kept];
    const body = await answerBody(withoutPadding(bytes, length));
    return { status: 200, headers: { 'Content-Type': mediaType }, body };
  });
}

function openDocument(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  { location }: FoundInstance,
): AsyncIterable<Uint8Array> {
  const value = valueAt(dependencies, location, DOCUMENT_PATH, context);
  if (value === undefined) throw new DicomwebError('not-acceptable', 'There is no document in this instance');
  return value.kind === 'in-place' ? value.open({ offset: 0, length: value.length }) : value.open();
}

/** Values have an even length; Encapsulated Document Length (0042,0015) says the true one where it is there. */
async function* withoutPadding(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  length: number | undefined,
): AsyncGenerator<Uint8Array> {
  let left = length ?? Number.POSITIVE_INFINITY;
  for await (const chunk of source) {
    const piece = chunk.length <= left ? chunk : chunk.subarray(0, left);
    left -= piece.length;
    if (piece.length > 0) yield piece;
    if (left <= 0) return;
  }
}
