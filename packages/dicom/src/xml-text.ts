/** The characters of an XML document (XML 1.0 §4.3.3, Appendix F): by byte order mark, else by its declaration, else UTF-8. */
import { DicomError } from './errors.ts';

const declarationBytes = 200;

/** Decodes a document. Throws DicomError 'malformed' for an unknown encoding, and for bytes that are none of it. */
export function decodeXml(bytes: Uint8Array): string {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new DicomError('malformed', 'The XML is not in the encoding that it declares; send UTF-8', {
      cause: error,
    });
  }
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const head = Buffer.from(bytes.subarray(0, declarationBytes)).toString('latin1');
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1] ?? 'utf-8';
}
