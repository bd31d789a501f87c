import type { RequestContext } from '@sandyq/http';
import { describe, expect, it } from 'vitest';
import { identifyRepresentation, taggedAnswer } from './representation.ts';

const one = Buffer.alloc(32, 1);
const two = Buffer.alloc(32, 2);

describe('identifyRepresentation', () => {
  it('is the same for the same, and differs with anything it is made from', () => {
    const ids = [
      identifyRepresentation([one], 'metadata', 1),
      identifyRepresentation([two], 'metadata', 1),
      identifyRepresentation([one, two], 'metadata', 1),
      identifyRepresentation([one], 'metadata', 2),
      identifyRepresentation([one], 'frames', 1),
      identifyRepresentation([one], 'metadata', 1, undefined),
    ];
    expect(new Set(ids.map(({ tag }) => tag)).size).toBe(ids.length);
    expect(new Set(ids.map(({ boundary }) => boundary)).size).toBe(ids.length);
    expect(identifyRepresentation([one], 'metadata', 1)).toEqual(ids[0]);
  });

  it('makes strong tags and boundaries of plain characters', () => {
    const { tag, boundary } = identifyRepresentation([one], 'metadata', 1);
    expect(tag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(boundary).toMatch(/^sandyq-[0-9a-f]{32}$/);
  });
});

describe('taggedAnswer', () => {
  const asked = (headers: Record<string, string>) => ({ headers }) as unknown as RequestContext;
  const options = { tag: '"t"', caching: 'immutable' } as const;

  it('adds tag and caching to the answer', async () => {
    const answer = await taggedAnswer(asked({}), options, async () => ({
      status: 206,
      headers: { 'Content-Type': 'a/b' },
    }));
    expect(answer).toEqual({
      status: 206,
      headers: {
        'Content-Type': 'a/b',
        ETag: '"t"',
        'Cache-Control': 'private, max-age=31536000, immutable',
        Vary: 'Accept',
      },
    });
  });

  it('does not make what the client has', async () => {
    const make = () => Promise.reject(new Error('made'));
    const answer = await taggedAnswer(asked({ 'if-none-match': '"s", W/"t"' }), options, make);
    expect(answer).toMatchObject({ status: 304, headers: { ETag: '"t"' } });
  });
});
