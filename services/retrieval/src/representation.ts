/** What identifies an answer: its entity tag, and the multipart boundary that follows from it. */
import { hash } from 'node:crypto';
import { boundaryFrom, entityTag, isNoneMatchFulfilled } from '@sandyq/dicomweb';
import type { Answer, RequestContext } from '@sandyq/http';

/** One representation of one state of a resource. */
export interface RepresentationId {
  /** Strong: the same tag means the same bytes. */
  readonly tag: string;
  /**
   * Boundary for its multipart form. It follows from the digests of the very instances that are sent, so that the same
   * answer has the same bytes, and nobody can put it into an instance.
   */
  readonly boundary: string;
}

/** Changes whenever the archive writes answers in another way, so that clients do not keep the old ones. */
const WRITER_VERSION = 2;

/**
 * Identifies a representation by the SHA-256 of what it is made from and by everything that shapes it: revision,
 * media type, transfer syntax, base URL, ….
 */
export function identifyRepresentation(
  sha256s: Iterable<Uint8Array>,
  ...shapedBy: readonly (string | number | boolean | undefined)[]
): RepresentationId {
  const shape = Buffer.from(JSON.stringify([WRITER_VERSION, ...shapedBy]));
  const digest = hash('sha256', Buffer.concat([shape, ...sha256s]), 'buffer');
  return {
    tag: entityTag(digest.toString('hex', 0, 16)),
    boundary: boundaryFrom(digest.subarray(16)),
  };
}

/** How clients may keep an answer (design §7). */
export const CACHING = {
  /** What can't change: frames, pixel data, received bytes. */
  immutable: 'private, max-age=31536000, immutable',
  /** What a correction or an addition changes: ask again each time, with the tag. */
  revalidated: 'private, no-cache',
} as const;

/** The answer with its tag, or 304 where the client has it already (RFC 9110 §13.1.2); then it is not made at all. */
export async function taggedAnswer(
  context: RequestContext,
  {
    tag,
    caching,
    vary = 'Accept',
  }: { readonly tag: string; readonly caching: keyof typeof CACHING; readonly vary?: string },
  make: () => Promise<Answer>,
): Promise<Answer> {
  const headers = { ETag: tag, 'Cache-Control': CACHING[caching], Vary: vary };
  if (isNoneMatchFulfilled(context.headers['if-none-match'], tag)) return { status: 304, headers };
  const answer = await make();
  return { ...answer, headers: { ...headers, ...answer.headers } };
}
