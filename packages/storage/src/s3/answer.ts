// Small answers of an S3 server, read whole or not at all, so that their connection is free again.
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';

/** Reads an answer to its end and forgets it. */
export async function discard(response: IncomingMessage): Promise<void> {
  response.resume();
  await finished(response);
}

/** The answer as text. Only for answers that the protocol keeps small. */
export async function answerText(response: IncomingMessage): Promise<string> {
  return text(response);
}
