/** The content coding gzip (RFC 9110 §8.4.1.3) for answers that are text. Pixel data are never compressed on the way. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { type Answer, type AnswerHeaders, isStream } from './answer.ts';

/** Whether Accept-Encoding names gzip, or any coding, with a weight that is not 0. */
export function acceptsGzip(header: string | readonly string[] | undefined): boolean {
  const weights = new Map<string, number>();
  for (const item of String(header ?? '').split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((word) => word.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    weights.set(coding, q === undefined ? 1 : Number(q.slice(2)));
  }
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}

/** Shorter texts fit one packet anyway. */
const WORTH_BYTES = 1024;
const TEXT =
  /^(text\/|application\/([\w.-]+\+)?(json|xml|javascript)\b|image\/svg\+xml|multipart\/related;.*type="?application\/dicom\+xml)/i;

const compress: (bytes: Uint8Array, options: { level: number }) => Promise<Buffer> = promisify(gzip);

/**
 * The answer, compressed if it is a text worth it and the client takes gzip; with `Vary` either way. Left as they are: streams, what
 * has a coding or an entity tag already (its handler decides: a strong tag is one of bytes), and ranges.
 */
export async function inContentCoding(request: IncomingMessage, answer: Answer): Promise<Answer> {
  const { body, headers = {} } = answer;
  if (body === undefined || isStream(body) || !isCompressible(headers)) return answer;
  const bytes = bytesOf(body);
  if (bytes.length < WORTH_BYTES) return answer;
  const vary = { Vary: [...[headers['Vary'] ?? []].flat().map(String), 'Accept-Encoding'] };
  if (!acceptsGzip(request.headers['accept-encoding']))
    return { ...answer, headers: { ...headers, ...vary }, body: bytes };
  return {
    ...answer,
    headers: { ...headers, ...vary, 'Content-Encoding': 'gzip' },
    body: await compress(bytes, { level: constants.Z_BEST_SPEED }),
  };
}

function bytesOf(body: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body);
  return body instanceof Uint8Array ? body : Buffer.concat(body);
}

function isCompressible(headers: AnswerHeaders): boolean {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const isFixed = ['content-encoding', 'content-length', 'content-range', 'etag'].some((name) =>
    byName.has(name),
  );
  return !isFixed && TEXT.test(String(byName.get('content-type') ?? ''));
}
