/**
 * Study, series and instance in all categories of media types (PS3.18 Table 10.4.4-1): as application/dicom, in a zip file, or as their
 * bulk data, which `multipart/related; type="application/octet-stream"` asks for (equivalent to the Bulkdata resource, §10.4.4).
 */
import {
  type Accept,
  DicomwebError,
  type MediaRange,
  negotiate,
  octetStream,
  parseAccept,
  type Representation,
} from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';
import { retrieveAllBulkData } from './bulk-levels/retrieve-all-bulk-data.ts';
import type { RetrievalDependencies } from './dependencies.ts';
import { retrieveInstances } from './retrieve-instances.ts';
import { zipContainer, zipType } from './zip/zip-container.ts';

type Retrieve = (dependencies: RetrievalDependencies, context: RequestContext) => Promise<Answer>;

/** A category, and who answers in it. */
interface Category extends Representation {
  readonly retrieve: Retrieve;
}

const dicom = { mediaType: 'application/dicom', isDefaultType: true };
const others: readonly Category[] = [
  { mediaType: zipType, multipart: false, retrieve: retrieveZip },
  {
    mediaType: octetStream,
    multipart: true,
    retrieve: (dependencies, context) => retrieveAllBulkData(dependencies, context, 'all'),
  },
];

/** Adds the other categories to what retrieves application/dicom. Where the category liked best can't be had, the next one is tried. */
export function byMediaType(retrieve: Retrieve): Retrieve {
  const categories: readonly Category[] = [
    { ...dicom, multipart: true, retrieve },
    { ...dicom, multipart: false, retrieve },
    ...others,
  ];
  return async (dependencies, context) => {
    const accept = parseAccept(context.headers.accept, context.query.get('accept'));
    let left = categories;
    let refusal: DicomwebError | undefined;
    for (;;) {
      const category = negotiate(accept, left);
      if (category === undefined && refusal !== undefined) throw refusal;
      const { retrieve: answer } = category ?? { retrieve };
      try {
        return await answer(dependencies, context);
      } catch (error) {
        if (category === undefined || !isNotAcceptable(error)) throw error;
        refusal ??= error;
        left = left.filter((one) => one.retrieve !== answer);
      }
    }
  };
}

function isNotAcceptable(error: unknown): error is DicomwebError {
  return error instanceof DicomwebError && error.code === 'not-acceptable';
}

function retrieveZip(dependencies: RetrievalDependencies, context: RequestContext): Promise<Answer> {
  const { query, header } = parseAccept(context.headers.accept, context.query.get('accept'));
  const accept: Accept = { query: query.flatMap(asPart), header: header.flatMap(asPart) };
  return retrieveInstances(dependencies, context, { accept, container: zipContainer });
}

/** What a range says of a zip file, said of the instances in it: their transfer syntax and weight. */
function asPart(range: MediaRange): MediaRange[] {
  const isZip = range.type === 'application' && (range.subtype === 'zip' || range.subtype === '*');
  if (!isZip) return [];
  const parameters = new Map([...range.parameters, ['type', dicom.mediaType]]);
  return [{ ...range, type: 'multipart', subtype: 'related', parameters }];
}
