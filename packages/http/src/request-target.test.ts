import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { LONGEST_TARGET, normaliseTarget } from './request-target.ts';

function normalised(method: string, url: string, headers: Record<string, string> = {}) {
  const request = { method, url, headers: { host: 'a', ...headers } } as unknown as IncomingMessage;
  normaliseTarget(request);
  return { url: request.url, host: request.headers.host, range: request.headers.range };
}

describe('the target of a request', () => {
  it.each([
    ['/studies/1', '/studies/1'],
    ['//dicom-web///studies?a=//b', '/dicom-web/studies?a=//b'],
    ['/stud%69es/2%2e8%2F1%20%C3%A4?q=%41', '/studies/2.8%2F1%20%C3%A4?q=%41'],
    ['/a%2', '/a%2'],
    ['http://b:1/c?d', '/c?d'],
    ['HTTP://b?d', '/?d'],
    ['https://b', '/'],
  ])('%s is %s', (given, expected) => {
    expect(normalised('GET', given).url).toBe(expected);
  });

  it('names its host where it is absolute', () => {
    expect(normalised('GET', 'http://b:81/c').host).toBe('b:81');
    expect(normalised('GET', '/http://b:81/c').host).toBe('a');
  });

  it('keeps Range for GET only', () => {
    expect(normalised('GET', '/', { range: 'bytes=0-1' }).range).toBe('bytes=0-1');
    expect(normalised('HEAD', '/', { range: 'bytes=0-1' }).range).toBeUndefined();
  });

  it('is as long as it may be, and not longer', () => {
    expect(normalised('GET', '/'.padEnd(LONGEST_TARGET, 'a')).url).toHaveLength(LONGEST_TARGET);
    expect(() => normalised('GET', '/'.padEnd(LONGEST_TARGET + 1, 'a'))).toThrow('longer than');
  });

  it('is the server itself for OPTIONS *', () => {
    expect(normalised('OPTIONS', '*').url).toBe('*');
  });
});
