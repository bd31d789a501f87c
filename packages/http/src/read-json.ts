/** Reads a small JSON body, for the administration's routes. */
import type { OpenContext } from './context.ts';
import { HttpError } from './errors.ts';

const MAX_BYTES = 2 ** 20;

/** The body, parsed; the caller checks its shape. Throws `unsupported-media-type`, `too-large` or `bad-request`. */
export async function readJson(
  context: Pick<OpenContext, 'headers' | 'body'>,
  maxBytes = MAX_BYTES,
): Promise<unknown> {
  const type = context.headers['content-type'] ?? '';
  if (!/^application\/(json|[\w.-]+\+json) *(;|$)/i.test(type)) {
    throw new HttpError('unsupported-media-type', 'The body must be application/json.');
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of context.body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new HttpError('too-large', `The body is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch (error) {
    throw new HttpError('bad-request', 'The body is not JSON in UTF-8.', { cause: error });
  }
}
