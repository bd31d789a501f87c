import { expect, it } from 'vitest';
import { readJson } from './read-json.ts';

async function* bytes(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const json = { 'content-type': 'application/json; charset=utf-8' };

it('reads JSON in pieces', async () => {
  expect(await readJson({ headers: json, body: bytes('{"name":"', 'Алматы"}') })).toEqual({ name: 'Алматы' });
  expect(
    await readJson({ headers: { 'content-type': 'application/merge-patch+json' }, body: bytes('1') }),
  ).toBe(1);
});

it.each([
  ['unsupported-media-type', {}, ['{}']],
  ['unsupported-media-type', { 'content-type': 'text/plain' }, ['{}']],
  ['too-large', json, ['"', 'x'.repeat(100), '"']],
  ['bad-request', json, ['{"a":']],
  ['bad-request', json, [new Uint8Array([0x22, 0xcf, 0x22])]],
  ['bad-request', json, []],
])('%s', async (code, headers, texts) => {
  await expect(readJson({ headers, body: bytes(...texts) }, 50)).rejects.toMatchObject({ code });
});
