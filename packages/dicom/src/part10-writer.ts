/** Writes what stands before the data set in a Part 10 file: preamble, prefix, file meta information (PS3.10 §7.1). */
import type { DataSet, Element } from './data-set.ts';
import { ExplicitOutput, evenLength } from './explicit-output.ts';
import { groupOf, type Tag, Tags } from './tag.ts';
import type { Vr } from './vr.ts';

/** Identifies Sandyq as the writer of a file (PS3.10 §7.1, PS3.5 Annex B.2); never changes. */
export const implementationClassUid = '2.25.289503528363343510966838418827535312395';

/** Version of the writer, for people (PS3.10 §7.1). At most 16 characters. */
export const implementationVersionName = 'SANDYQ_0_1';

/** What the file meta information says about the data set. UIDs without padding. */
export interface FileMeta {
  /** Left out where undefined. */
  readonly sopClassUid?: string | undefined;
  /** Left out where undefined. */
  readonly sopInstanceUid?: string | undefined;
  readonly transferSyntaxUid: string;
}

const metaGroup = 0x0002;
const preambleBytes = 128;

/** Elements that describe this file, not where it came from: always written anew. */
const ownTags: ReadonlySet<Tag> = new Set([
  Tags.FileMetaInformationGroupLength,
  Tags.FileMetaInformationVersion,
  Tags.TransferSyntaxUID,
  Tags.ImplementationClassUID,
  Tags.ImplementationVersionName,
]);

/** Preamble of zeros, 'DICM' and the file meta information in Explicit VR Little Endian. */
export function writeFileMeta(meta: FileMeta): Buffer {
  return writeElements(ownElements(meta));
}

/**
 * The same with what an earlier file meta information says besides (Source Application Entity Title, private
 * information …). Its Media Storage SOP UIDs win over those given; transfer syntax and implementation are ours,
 * for they name who last wrote the file (PS3.10 Table 7.1-1).
 */
export function rewriteFileMeta(earlier: DataSet | undefined, meta: FileMeta): Buffer {
  const elements = ownElements(meta);
  for (const element of earlier?.elements.values() ?? []) {
    const { tag, vr, value } = element;
    if (groupOf(tag) !== metaGroup || ownTags.has(tag) || !hasText(element)) continue;
    if (value !== undefined) elements.set(tag, { vr, value });
  }
  return writeElements(elements);
}

type MetaElements = Map<Tag, { readonly vr: Vr; readonly value: Uint8Array }>;

function ownElements({ sopClassUid, sopInstanceUid, transferSyntaxUid }: FileMeta): MetaElements {
  const elements: MetaElements = new Map();
  const text = (tag: Tag, vr: Vr, value: string | undefined) => {
    if (value !== undefined) elements.set(tag, { vr, value: Buffer.from(value, 'latin1') });
  };
  elements.set(Tags.FileMetaInformationVersion, { vr: 'OB', value: Uint8Array.of(0, 1) });
  text(Tags.MediaStorageSOPClassUID, 'UI', sopClassUid);
  text(Tags.MediaStorageSOPInstanceUID, 'UI', sopInstanceUid);
  text(Tags.TransferSyntaxUID, 'UI', transferSyntaxUid);
  text(Tags.ImplementationClassUID, 'UI', implementationClassUid);
  text(Tags.ImplementationVersionName, 'SH', implementationVersionName);
  return elements;
}

/** An empty UID of an earlier file does not win over a known one. */
function hasText({ vr, value }: Element): boolean {
  return vr !== 'UI' || (value?.some((byte) => byte !== 0 && byte !== 0x20) ?? false);
}

function writeElements(elements: MetaElements): Buffer {
  const group = new ExplicitOutput();
  for (const [tag, { vr, value }] of [...elements].sort(([left], [right]) => left - right)) {
    writeElement(group, tag, vr, value);
  }
  const groupBytes = Buffer.concat(group.take());
  const groupLength = Buffer.alloc(4);
  groupLength.writeUInt32LE(groupBytes.length);
  const first = new ExplicitOutput();
  writeElement(first, Tags.FileMetaInformationGroupLength, 'UL', groupLength);
  return Buffer.concat([
    Buffer.alloc(preambleBytes),
    Buffer.from('DICM', 'latin1'),
    ...first.take(),
    groupBytes,
  ]);
}

function writeElement(output: ExplicitOutput, tag: Tag, vr: Vr, value: Uint8Array): void {
  output.element(tag, vr, evenLength(value.length));
  output.bytes(value);
  output.padding(vr, value.length);
}
