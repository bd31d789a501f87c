/** Instances in a zip file (PS3.18 §8.6.1.3, Supplement 211): one Part 10 file each, with the extension of its media type. */
import { transferSyntaxOf } from '@sandyq/dicom';
import { formatMediaType } from '@sandyq/dicomweb';
import type { Container, InstancePart } from '../instances-container.ts';
import { writeZip, type ZippedFile } from './write-zip.ts';

/** Media type of zip files. */
export const zipType = 'application/zip';

/** Received or decoded lengths up to this fit 32 bits with all that is written around them. */
const SURELY_SMALL_BYTES = 2 ** 32 - 64 * 2 ** 20;
/** Deflate can't pack more than so many bytes into one (RFC 1951: 258 bytes in two bits). */
const MOST_INFLATION = 1032;

/** Puts instances into a zip file. */
export const zipContainer: Container = {
  kind: 'zip',
  passesOn: false,
  write: ({ parts, transferSyntax, name }) => ({
    headers: {
      'Content-Type': formatMediaType(
        zipType,
        transferSyntax === undefined ? [] : [['transfer-syntax', transferSyntax]],
      ),
      'Content-Disposition': `attachment; filename="${name.replace(/[^\w.-]/g, '_')}.zip"`,
    },
    body: writeZip(filesOf(parts)),
  }),
};

/**
 * `SE000001/IM000001.dcm`, …: folders and names as PS3.10 §8.2 allows them, numbered in the order of the answer. README.TXT comes last
 * and says which file is which instance.
 */
async function* filesOf(parts: AsyncIterable<InstancePart>): AsyncGenerator<ZippedFile> {
  const folders = new Map<string, { readonly name: string; instances: number }>();
  const lines: string[] = [];
  for await (const part of parts) {
    const { seriesInstanceUid, sopInstanceUid } = part.location;
    const folder = folders.get(seriesInstanceUid) ?? { name: numbered('SE', folders.size + 1), instances: 0 };
    folders.set(seriesInstanceUid, folder);
    folder.instances += 1;
    const name = `${folder.name}/${numbered('IM', folder.instances)}.dcm`;
    lines.push([name, seriesInstanceUid, sopInstanceUid, part.offer.transferSyntax].join('\t'));
    yield { name, isLarge: mayBeLarge(part), body: part.body };
  }
  yield { name: 'README.TXT', isLarge: false, body: [Buffer.from(readMe(lines))] };
}

function numbered(prefix: string, number: number): string {
  return prefix + String(number).padStart(6, '0');
}

function readMe(lines: readonly string[]): string {
  const head = [
    'DICOM instances, one Part 10 file each, as of the moment they were asked for.',
    '',
    ['File', 'Series Instance UID', 'SOP Instance UID', 'Transfer Syntax UID'].join('\t'),
  ];
  return `${[...head, ...lines].join('\r\n')}\r\n`;
}

/** Whether the file may need lengths of 64 bits: readers of streams are spared these where they can be. */
function mayBeLarge({ location, offer }: InstancePart): boolean {
  const { entryLength, pixels, transferSyntaxUid } = location;
  const inflated = entryLength * MOST_INFLATION;
  switch (offer.conversion) {
    case 'none':
      return entryLength > SURELY_SMALL_BYTES;
    case 'to-explicit-little-endian': {
      // Longer element headers make half as much again at most, inflating any number.
      const isDeflated = transferSyntaxOf(transferSyntaxUid)?.deflated === true;
      return (isDeflated ? inflated : 2 * entryLength) > SURELY_SMALL_BYTES;
    }
    case 'decode':
    case 'encode-lossless':
      return Math.max(2 * entryLength, 2 * (pixels.decodedLength ?? inflated)) > SURELY_SMALL_BYTES;
    default:
      return offer.conversion satisfies never;
  }
}
