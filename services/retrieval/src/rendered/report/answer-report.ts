/** Structured reports as text (PS3.18 §8.7.4, Table 8.7.4-1): HTML by default, plain text, XML. */
import {
  type Accept,
  DicomwebError,
  negotiate,
  parseAccept,
  parseRenderedParameters,
} from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import type { RetrievalDependencies } from '../../dependencies.ts';
import type { FoundInstance } from '../../find-instances.ts';
import { identifyRepresentation, taggedAnswer } from '../../representation.ts';
import { metadataOf } from '../instance-metadata.ts';
import { annotationWarning, RENDERING_VERSION, withHeaders } from '../rendered-answer.ts';
import { reportDocumentOf } from './report-document.ts';
import { REPORT_TYPES, writeReport } from './report-forms.ts';

/** What rendered reports are offered as. */
export const reportOffers = REPORT_TYPES.map((mediaType, index) => ({
  mediaType,
  multipart: false,
  isDefaultType: index === 0,
}));

/** Answers 200 with the content tree and the demographics of the index; 406 where none of the types is accepted. */
export async function answerReport(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  { location, revision }: FoundInstance,
  accept: Accept = parseAccept(context.headers.accept, context.query.get('accept')),
): Promise<Answer> {
  const offer = negotiate(accept, reportOffers);
  if (offer === undefined) {
    throw new DicomwebError('not-acceptable', `This is rendered as ${REPORT_TYPES.join(', ')}`);
  }
  const { mediaType } = offer;
  const id = identifyRepresentation(
    [location.sha256],
    'rendered-report',
    RENDERING_VERSION,
    revision,
    mediaType,
  );
  return taggedAnswer(context, { tag: id.tag, caching: 'revalidated' }, async () => {
    const report = reportDocumentOf(await metadataOf(dependencies, location, context));
    return {
      status: 200,
      headers: { 'Content-Type': `${mediaType}; charset=utf-8` },
      body: Buffer.from(writeReport(report, mediaType)),
    };
  });
}

/** As asked for by itself: its parameters are those of rendered resources. */
export async function answerRenderedReport(
  dependencies: RetrievalDependencies,
  context: RequestContext,
  found: FoundInstance,
): Promise<Answer> {
  const parameters = parseRenderedParameters(context.query);
  return withHeaders(
    await answerReport(dependencies, context, found),
    annotationWarning(context, parameters),
  );
}
