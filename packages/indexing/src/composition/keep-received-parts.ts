/** The parts that an instance was composed of, bit for bit, beside it in its segment (design §5, docs/storage-format.md §4). */
import type { SegmentWriter } from '@sandyq/storage';
import type { ReceivedInstance } from '../reception/receive-instance.ts';
import type { RequestPart } from './request-part.ts';

const noMetadata = Buffer.from('null');

/** Adds an entry of role `received` for each part. The entry of the instance must be the last of the segment. */
export async function keepReceivedParts(
  segment: SegmentWriter,
  { entry }: ReceivedInstance,
  parts: readonly RequestPart[],
): Promise<void> {
  const { sopInstanceUid, sopClassUid, transferSyntaxUid, characterSet } = entry;
  for (const { contentType, contentLocation, bytes } of parts) {
    const received = { contentType, ...(contentLocation !== undefined && { contentLocation }) };
    const writer = await segment.beginEntry({ sopInstanceUid, role: 'received', received });
    for await (const chunk of bytes.open()) {
      const behind = writer.write(chunk);
      if (behind !== undefined) await behind;
    }
    const facts = { sopInstanceUid, sopClassUid, transferSyntaxUid, characterSet };
    await writer.commit({ ...facts, metadata: noMetadata });
  }
}
