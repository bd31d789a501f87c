/**
 * Private blocks (PS3.5 §7.8.1) of a data set from the Native DICOM Model, which names the creator of each private attribute
 * and leaves the number of its block open (PS3.19 Table A.1.5-2).
 */
import type { DataSetComposer } from './compose-data-set.ts';
import { DicomError } from './errors.ts';
import type { Tag } from './tag.ts';
import { decodeLatin1 } from './text-encoding.ts';

const firstBlock = 0x10;
const lastBlock = 0xff;

/** A private attribute that waits for its block. */
export interface PrivateAttribute {
  readonly tag: Tag;
  readonly creator: string;
  /** Adds it under its final tag. */
  readonly add: (tag: Tag) => void;
}

/**
 * Gives each private attribute its place: in the block that its tag names if that is free or its creator's, else in the
 * first one that is; and writes the creators. Throws DicomError 'malformed' where a group has no block left.
 */
export function placePrivateAttributes(
  attributes: readonly PrivateAttribute[],
  composer: DataSetComposer,
): void {
  const blocks = new Map<string, number>();
  for (const { tag, creator, add } of attributes) {
    const group = (tag & 0xffff0000) >>> 0;
    const name = `${group} ${creator}`;
    const stated = (tag & 0xff00) >>> 8;
    const usesStated = stated >= firstBlock && isOf(composer, group + stated, creator);
    const block = usesStated ? stated : (blocks.get(name) ?? blockFor(composer, group, creator));
    if (!usesStated) blocks.set(name, block);
    if (!composer.has(group + block)) composer.value(group + block, 'LO', Buffer.from(creator, 'utf8'));
    add(group + block * 0x100 + (tag & 0xff));
  }
}

function blockFor(composer: DataSetComposer, group: number, creator: string): number {
  for (let block = firstBlock; block <= lastBlock; block += 1) {
    if (isOf(composer, group + block, creator)) return block;
  }
  throw new DicomError('malformed', 'The group has more private creators than blocks', { tag: group });
}

/** Whether a block is free, or reserved by this creator already. */
function isOf(composer: DataSetComposer, creatorTag: Tag, creator: string): boolean {
  if (!composer.has(creatorTag)) return true;
  const value = composer.valueOf(creatorTag);
  return value !== undefined && decodeLatin1(value) === Buffer.from(creator, 'utf8').toString('latin1');
}
