import { DicomwebError } from '@sandyq/dicomweb';
import { HttpError, mapError } from '@sandyq/http';
import { CodecError, codecErrorCodes } from '@sandyq/pixel-data';
import { describe, expect, it } from 'vitest';
import { isLasting, isRefusal, orRequestError, requestError } from './codec-fault.ts';

const statusOf = (error: unknown) => mapError(requestError(error)).status;

describe('faults of codecs', () => {
  it('are answered by their code', () => {
    const statuses = Object.fromEntries(
      codecErrorCodes.map((code) => [code, statusOf(new CodecError(code, 'what it said'))]),
    );
    expect(statuses).toEqual({
      'truncated-codestream': 406,
      'malformed-codestream': 406,
      'description-mismatch': 406,
      unsupported: 406,
      video: 406,
      'too-large': 406,
      timeout: 500,
      'out-of-memory': 406,
      'worker-crashed': 500,
      'queue-full': 503,
      'pool-closed': 503,
    });
  });

  it('say why, and what to do', () => {
    const refusal = requestError(new CodecError('video', 'what it said'));
    expect(refusal).toBeInstanceOf(DicomwebError);
    expect(String(refusal)).toMatch(/video has no frames of its own \(what it said\).*transfer-syntax=\*/);
    const later = requestError(new CodecError('queue-full', 'many'));
    expect(later).toBeInstanceOf(HttpError);
    expect(mapError(later)).toMatchObject({ retryAfterSeconds: 5 });
    expect(mapError(requestError(new CodecError('timeout', 'x')))).toMatchObject({ error: 'codec-timeout' });
  });

  it("are known the next time only if they are the frame's own", () => {
    const lasting = codecErrorCodes.filter((code) => isLasting(new CodecError(code, '')));
    expect(lasting).toEqual([
      'truncated-codestream',
      'malformed-codestream',
      'description-mismatch',
      'unsupported',
      'video',
      'too-large',
    ]);
    expect(isRefusal(new CodecError('out-of-memory', ''))).toBe(true);
    expect(isRefusal(new CodecError('timeout', ''))).toBe(false);
  });

  it('leave other errors alone', async () => {
    const other = new Error('other');
    expect(requestError(other)).toBe(other);
    expect(isRefusal(other)).toBe(false);
    await expect(orRequestError(Promise.reject(other))).rejects.toBe(other);
    await expect(orRequestError(Promise.resolve(1))).resolves.toBe(1);
  });
});
