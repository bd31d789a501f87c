// The tar headers of a segment (POSIX.1-2017 `pax`, ustar interchange format). A header is a pure function of name
// and size: no times, owners or modes that could differ, so that nothing in a segment is beyond its receipt.
// It reads no tar: the archive itself finds entries by the receipt.
import { StorageError } from '../errors.ts';

/** Everything in a tar file is a multiple of this many bytes. */
export const tarBlockBytes = 512;

/** The two zero blocks that end a tar file. */
export const tarEndBytes = 2 * tarBlockBytes;

/** Longest entry name in bytes: what file systems allow in one name, so that `tar -x` works anywhere. */
export const maximumNameBytes = 255;

const nameFieldBytes = 100;
const largestOctalSize = 0o77777777777;
const printableAscii = /^[\x21-\x7e]+$/;

/**
 * What stands before the `size` bytes of entry `name`: one ustar header; for a name of more than 100 bytes a pax
 * extended header with its `path` record before it. A size of 8 GiB or more is written in base 256 (first bit set,
 * then a big-endian number), so the length depends on the name alone: see {@link tarHeaderBytes}.
 * Errors: `invalid-argument`.
 */
export function tarHeader(name: string, size: number): Buffer {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new StorageError('invalid-argument', `tar entry size ${size} is not a number of bytes`);
  }
  const area = Buffer.alloc(tarHeaderBytes(name));
  if (name.length <= nameFieldBytes) {
    writeUstarHeader(area, name, size, '0');
    return area;
  }
  const record = paxPathRecord(name);
  writeUstarHeader(area, `PaxHeaders/${name.slice(0, 80)}`, record.length, 'x');
  area.write(record, tarBlockBytes, 'latin1');
  writeUstarHeader(area.subarray(area.length - tarBlockBytes), name.slice(0, nameFieldBytes), size, '0');
  return area;
}

/** Length of {@link tarHeader} for this name, whatever the size. Errors: `invalid-argument`. */
export function tarHeaderBytes(name: string): number {
  if (name.length > maximumNameBytes || !printableAscii.test(name)) {
    throw new StorageError(
      'invalid-argument',
      `a tar entry name has 1 to ${maximumNameBytes} printable ASCII characters, not ${name.length} bytes of others`,
    );
  }
  if (name.length <= nameFieldBytes) return tarBlockBytes;
  const record = paxPathRecord(name).length;
  return tarBlockBytes + record + tarPadding(record) + tarBlockBytes;
}

/** Number of zero bytes after `size` bytes of data, 0 to 511. */
export function tarPadding(size: number): number {
  return (tarBlockBytes - (size % tarBlockBytes)) % tarBlockBytes;
}

/** `{length} path={name}\n`, where length counts the whole record and therefore itself. */
function paxPathRecord(name: string): string {
  const rest = ` path=${name}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length += 1;
  return `${length}${rest}`;
}

function writeUstarHeader(block: Buffer, name: string, size: number, typeFlag: '0' | 'x'): void {
  block.write(name, 0, nameFieldBytes, 'latin1');
  block.write('0000444\0', 100, 'latin1'); // mode: read only
  block.write('0000000\0', 108, 'latin1'); // uid
  block.write('0000000\0', 116, 'latin1'); // gid
  writeSize(block, size);
  block.write('00000000000\0', 136, 'latin1'); // mtime
  block.write('        ', 148, 'latin1'); // the checksum is taken over spaces
  block.write(typeFlag, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1'); // magic and version
  block.write('0000000\0', 329, 'latin1'); // devmajor
  block.write('0000000\0', 337, 'latin1'); // devminor
  let sum = 0;
  for (let index = 0; index < tarBlockBytes; index += 1) sum += block[index] ?? 0;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function writeSize(block: Buffer, size: number): void {
  if (size <= largestOctalSize) {
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    return;
  }
  block[124] = 0x80;
  block.writeBigUInt64BE(BigInt(size), 128);
}
