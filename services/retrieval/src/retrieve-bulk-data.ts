/** `GET …/bulkdata/{path}` (PS3.18 §10.4.1.1.7): a value that metadata name by a BulkDataURI. */
import {
  bulkDataOffer,
  DicomwebError,
  negotiate,
  octetStream,
  parseAccept,
  parseBulkDataPath,
} from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { answerValue, noBulkData } from './answer-value.ts';
import { isPixelDataPath } from './bulk-value.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { findInstance } from './find-instances.ts';
import { identifyRepresentation, taggedAnswer } from './representation.ts';
import { retrievePixelData } from './retrieve-pixel-data.ts';
import { valueAt } from './value-source.ts';

/** Answers 200 or 206 with the value in little endian; 404 where the instance has no bulk data at this path. */
export async function retrieveBulkData(
  dependencies: RetrievalDependencies,
  context: RequestContext,
): Promise<Answer> {
  const path = parseBulkDataPath(context.params['path'] ?? '');
  const found = await findInstance(dependencies, context);
  if (isPixelDataPath(path)) return retrievePixelData(dependencies, context, found, path);
  const value = valueAt(dependencies, found.location, path, context);
  if (value === undefined) throw noBulkData();
  const accept = parseAccept(context.headers.accept, context.query.get('accept'));
  const offer = negotiate(accept, [bulkDataOffer(true), bulkDataOffer(false)]);
  if (offer === undefined) throw new DicomwebError('not-acceptable', `bulk data are sent as ${octetStream}`);
  const id = identifyRepresentation(
    [found.location.sha256],
    'bulk-data',
    found.revision,
    path,
    offer.multipart,
    context.baseUrl,
  );
  return taggedAnswer(context, { tag: id.tag, caching: 'revalidated' }, () =>
    answerValue(context, value, { offer, id, path, found }),
  );
}
