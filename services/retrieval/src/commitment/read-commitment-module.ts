/** The body of a Storage Commitment request: one data set in DICOM JSON or as a Native DICOM model (PS3.18 §13.4.1.4). */
import { type ComposedDataSet, DicomError, readDicomJson, readNativeDicomModel } from '@sandyq/dicom';
import { dicomJsonType, dicomXmlType, essenceOf, parseMediaType } from '@sandyq/dicomweb';
import { HttpError, type RequestContext } from '@sandyq/http';

/** Room for 10,000 references with long UIDs. */
const MOST_BYTES = 4 * 2 ** 20;

/** Reads it. Throws HttpError `unsupported-media-type`, `too-large`, `bad-request`. */
export async function readCommitmentModule(
  context: Pick<RequestContext, 'headers' | 'body'>,
): Promise<ComposedDataSet> {
  const type = parseMediaType(context.headers['content-type'] ?? '');
  const essence = type && essenceOf(type);
  if (essence !== dicomJsonType && essence !== 'application/json' && essence !== dicomXmlType) {
    throw new HttpError('unsupported-media-type', `Send the request as ${dicomJsonType} or ${dicomXmlType}.`);
  }
  assertNotEncoded(context);
  const bytes = await bytesOf(context);
  try {
    const read = essence === dicomXmlType ? readNativeDicomModel(bytes) : readDicomJson(textOf(bytes));
    return read.dataSet;
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    // Its messages are written for the sender and hold no value.
    throw new HttpError('bad-request', error.message, { cause: error });
  }
}

function assertNotEncoded({ headers }: Pick<RequestContext, 'headers'>): void {
  const coding = headers['content-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'identity') return;
  throw new HttpError('unsupported-media-type', 'Send the body without Content-Encoding.', {
    headers: { 'Accept-Encoding': 'identity' },
  });
}

async function bytesOf({ body }: Pick<RequestContext, 'body'>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new HttpError('too-large', `The body is larger than ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** One object; metadata of one instance come as an array of one (PS3.18 §F.2.1), and so do requests of some clients. */
function textOf(bytes: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return /^\s*\[([^]*)\]\s*$/.exec(text)?.[1] ?? text;
  } catch (error) {
    throw new HttpError('bad-request', 'The body is not UTF-8.', { cause: error });
  }
}
