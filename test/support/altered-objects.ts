/** What disks, and hands, do to the objects of a store; and what is left of them. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '@sandyq/storage';

/** All bytes of an object. */
export async function bytesOf(store: ObjectStore, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await store.read(key)) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Puts other bytes in the place of an object, or none: what disks, and hands, do to a store. */
export async function alter(
  store: ObjectStore,
  key: string,
  change: (bytes: Buffer) => Buffer | undefined,
): Promise<void> {
  const altered = change(await bytesOf(store, key));
  await store.delete(key);
  if (altered === undefined) return;
  const folder = await mkdtemp(join(tmpdir(), 'sandyq-altered-'));
  const path = join(folder, 'object');
  await writeFile(path, altered, { flush: true });
  await store.putFile(key, { path, size: altered.length });
  await rm(folder, { recursive: true });
}

/** The same bytes with one bit flipped. */
export function flip(position: number, bit: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    bytes.writeUInt8(bytes.readUInt8(position) ^ (1 << bit), position);
    return bytes;
  };
}
